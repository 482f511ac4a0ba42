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
      forecast: 'Wait foretold', covered: '{covered}/{of} (P80)',
      first: 'First shot {pct}%, {n}/{of}', pages: 'Pages received: {n}',
    },
    seat: { free: 'free', busy: 'call', tidy: 'notes', gone: 'away' },
    case: { accepted: 'taken', finished: 'done', relayed: 'relay' },
    waiting: { title: 'Queue', tick: 'The tick is {n} s', empty: 'Nobody is waiting', ringing: 'Ringing', elder: 'Priority', specialist: 'Assisted', rest: 'and {n} more', fewer: 'Fewer', due: '{kind} {time}' },
    third: { consult: 'Consulted  {station}', third: 'Third  {station}' },
    priority: { 0: 'Usual', 1: 'Priority', 2: 'High priority', 3: 'Highest priority' },
    ticket: {
      open: '{number}: why it waits, what to do', label: 'What to do', tab: { why: 'Why', assign: 'Assign', priority: 'Priority', message: 'Message' }, to: 'Assign to an agent who is ready', nobody: 'Nobody is ready now.', priority: 'Now “{now}”. Another priority is another place.', reason: 'Reason (is written down)',
      lack: { agent: 'Choose an agent', reason: 'Give a reason', priority: 'Choose another one', text: 'Write a line' }, act: { assign: 'Assign', priority: 'Change priority', message: 'Put on the screen' }, done: { assign: 'Assigned, it rings.', priority: 'Changed, and so is the place.', message: 'It is on the screen.' },
    },
    message: { open: 'Message to all', title: 'To all who wait', lead: 'now {n}', all: 'A line for every screen that waits, at most 120 characters', one: 'A line for the screen of {station}, at most 120 characters' },
    scheduled: { title: 'Due today', count: 'today {n}, in all {of}', none: 'None left today.' },
    formula: {
      title: 'How these are made', level: { name: 'Answered in {n} s', is: 'answered within {n} s ÷ (answered + abandoned − abandoned at once)', raw: '{in} ÷ ({answered} + {abandoned} − {short})' },
      p90: { name: 'Nine in ten wait', is: 'waits until the answer, from short to long: the one at nine tenths', raw: 'answered: {of}' },
      forecast: { name: 'Wait foretold', is: 'of those told a band: answered within its upper end (P80) ÷ answered. Right is 80%. Who left before does not count.', raw: '{covered} ÷ {of}; {left} more left before' },
    },
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
