import type { Texts } from './index'

const texts: Texts = {
  staff: { straight: 'Meet in person' },
  board: {
    title: 'Board · remotewindow', heading: 'remotewindow  Board', language: '中文', theme: { title: 'Colours: {choice}', system: 'as the system', light: 'light', dark: 'dark' }, leave: 'Sign out', opening: 'Opening, one moment.', today: 'Today', none: '–',
    age: { seconds: '{n} s ago', minutes: '{n} min ago', hours: '{n} h ago' },
    fresh: { live: 'Data {age}', late: 'Data is late, from {age}', lost: 'Data stopped {age}, reconnecting' },
    tile: {
      waiting: 'Waiting', longest: 'Longest wait', level: 'Answered in {n} s', p90: 'Nine in ten wait', seats: 'Seats', on_duty: 'signed in', online: 'Stations online', cases: 'Cases today',
      stuck: 'A seat is free', ringing: '{n} ringing', nobody: 'Nobody waits', target: 'Of {target}, {n}/{of}', p90_of: 'of {n}', calls: 'in call', faults: 'Faults {fault}, offline {offline}',
      first: 'First shot {pct}%, {n}/{of}', pages: 'Pages received: {n}',
    },
    seat: { free: 'free', busy: 'call', tidy: 'notes', gone: 'away' },
    case: { accepted: 'taken', finished: 'done', relayed: 'relay' },
    waiting: { title: 'Queue', tick: 'The tick is {n} s', empty: 'Nobody is waiting', ringing: 'Ringing', elder: 'Priority', specialist: 'Assisted', rest: 'and {n} more' },
    col: { number: 'No.', station: 'Station', matter: 'Matter', waited: 'Waited', note: 'Note' },
    chart: { title: 'By the minute', unit: 'People, from {from}', calls: 'Calls {n}', waiting: 'Wait {n}', label: 'Calls and waiting people by the minute, {from} to {to}; now {calls} calls, {waiting} waiting' },
    stations: { title: 'Stations: {n}', online: '{n}/{of} online' },
    trouble: { only: 'Trouble {n}', none: 'No trouble', title: 'Stations in trouble' },
    detail: { specialist: 'Specialist {name}', part: 'Part', level: 'State', value: 'Reading', age: 'Checked', stale: 'The check is long ago; it may be otherwise now.', close: 'Close' },
    grid: { north: 'North', middle: 'Middle', south: 'South' },
    state: { idle: 'Free', waiting: 'Wait', call: 'Call', fault: 'Fault', offline: 'Offline', closed: 'Closed' },
    cell: { waiting: 'Waits {time}', call: 'Call {time}', offline: 'Offline {time}', never: 'Not seen yet', help: 'Calls for help' },
    fault: { camera_denied: 'Camera denied', camera_missing: 'No camera', mic_missing: 'No microphone', document_camera_missing: 'No doc. camera' },
    seats: { title: 'Seats', since: 'Time in state', empty: 'Nobody has signed in' },
    seat_state: { offline: 'Not ready', ready: 'Ready', offer: 'Ringing', call: 'Call', wrapup: 'Wrap-up', rona: 'Missed, paused', away: 'Away', lost: 'Cut off' },
    reason: { break: 'Break', lunch: 'Lunch', meeting: 'Meeting', training: 'Training', counter: 'At the counter', wrapup_over: 'Wrap-up ran over' },
    login: { user: 'Staff number', password: 'Password', submit: 'Sign in', busy: 'Signing in', forbidden: 'This account may not see the board; use a supervisor’s.' },
  },
}
export default texts
