import type { Texts } from './index'

const texts: Texts = {
  staff: { straight: 'Meet in person' },
  desk: {
    page: '{state} · Desk',
    words: { and: ', ', none: '–', ok: 'Got it', loading: 'Opening, one moment.', seconds: '{s} s', minutes: '{m} min {s} s' },
    top: { title: 'remotewindow  Desk', waiting: 'Waiting', longest: 'Longest', free: 'Free seats', left: '{n} s left', waited: 'for {time}', leave: 'Sign out', language: '中文' },
    theme: { title: 'Colours: {choice}', system: 'as the system', light: 'light', dark: 'dark' },
    state: { offline: 'Not ready', ready: 'Ready', offer: 'Ringing', call: 'In a call', wrapup: 'Wrap-up', rona: 'Paused, missed', away: 'Away', lost: 'Disconnected' },
    reason: { break: 'Break', lunch: 'Lunch', meeting: 'Meeting', training: 'Training', counter: 'At the counter', wrapup_over: 'Wrap-up ran over' },
    switch: { label: 'State' },
    hero: {
      ready: { title: 'Waiting for calls', lead: 'A call rings and opens a window.', own: 'Calls from {names} reach you first.' },
      away: { title: 'You are away', lead: 'No call will come in. Press Ready when you are back.' },
      rona: { title: 'Paused after a missed call', lead: 'The last call was not taken and went to another seat. Press Ready when you can take calls.' },
      offline: { title: 'Not ready yet', lead: 'Press Ready when you can take calls.' },
    },
    today: { served: 'Served today', talk: 'Mean talk time', relayed: 'Relayed', follow: 'To call back' },
    records: { title: 'Records of today', empty: 'No calls yet today; finished ones are listed here.' },
    col: { number: 'No.', time: 'Time', station: 'Station', matter: 'Matter', talk: 'Talk', next: 'Next', disposition: 'Result', waited: 'Waited' },
    queue: { title: 'Queue', empty: 'Nobody is waiting', mine: 'Ringing you', ringing: 'Ringing' },
    age: { seconds: '{n} s ago', minutes: '{n} min ago', hours: '{n} h ago' },
    stations: { title: 'My villages', empty: 'You have no villages of your own; calls come in turn.', specialist: 'Specialist {name}', fine: 'Devices fine', unknown: 'Devices unknown', help: 'Calls the specialist' },
    station: { idle: 'Free', waiting: 'Waiting', call: 'In a call', fault: 'Device fault', offline: 'Offline', closed: 'Closed' },
    fault: { camera_denied: 'camera not allowed', camera_missing: 'no camera', mic_missing: 'no microphone', document_camera_missing: 'no document camera' },
    who: { self: 'For oneself', specialist: 'With the specialist', family: 'For family' },
    side: { front: 'front', back: 'back', page: 'page' },
    offer: {
      own: 'A call from your own village', other: 'A resident calls', left: '{n} s left', waited: 'Waited', specialist: 'Specialist', who: 'For whom', resident: 'Resident', elder: 'Has priority, please speak slowly',
      decline: 'Decline with a reason', accept: 'Accept', otherwise: 'Not taken, it goes back to the head of the queue', why: 'Why decline?', blink: 'Call: {station}',
    },
    decline: { busy: 'Something urgent', not_mine: 'Not my field', device: 'Device trouble', other: 'Another reason' },
    call: {
      resident: 'Resident', resident_picture: 'Picture of the resident', own_picture: 'Your own picture', station_lost: 'The village is cut off; waiting for it', connecting: 'Connecting', late: 'No picture of the other side yet. You can end the call and have it called again.', unlock: 'Press to hear the sound',
      hidden: 'Picture off', no_camera: 'No camera', about: 'This call', case: 'Case', devices: 'Devices', elder: 'Priority',
    },
    quality: { good: 'Good', fair: 'Fair', poor: 'Poor', unknown: 'Measuring', delay: 'Delay {n} ms', loss: 'Loss {n} %', rate: '{n} Mbit/s' },
    keys: { label: 'Call keys', mute: 'Mute', unmute: 'Unmute', hide: 'Picture off', show: 'Picture on', end: 'End', end_again: 'Press again', end_hint: 'Press again within three seconds to end the call', no_microphone: 'No microphone', no_camera: 'No camera' },
    screen: {
      title: 'Resident’s screen', ended: 'Call ended', lost: 'Village cut off', connecting: 'Connecting', shooting: 'Sending {what}', laying: 'Asked to lay down {what}', talking: 'Talking with you',
      help: 'The resident calls the specialist.', hint: 'The resident was told: the last one was {hint}, please shoot again.', said: 'The resident sees: {text}', write: 'Write a line', write_label: 'A line for the resident', send: 'Send',
    },
    phrase: { flat: 'Please lay it flat', closer: 'Please a little closer', turn: 'Please turn it, it reflects', slowly: 'One moment please' },
    path: { label: 'Progress', meet: 'Connected', papers: 'Papers {passed}/{needed}', wrapup: 'Wrap-up' },
    tabs: { label: 'Right column', list: 'Checklist', guide: 'Guide' },
    list: {
      empty: 'No matter chosen yet; listen to the resident first.', missing: 'Missing', judging: 'To judge', no_page: 'No page yet', laying: 'Asked for', shooting: 'Shot, on its way',
      retake_why: 'Again: {why}', ask: 'Ask for {what}', ask_short: 'Ask', ask_side: 'Ask for {what}', asked: 'Asked for {what}', asked_short: 'Asked for {what}', withdraw: 'Withdraw', needed: 'Needed after all', not_needed: 'Not applicable',
      count: '{passed} / {needed}', still: 'passed, still missing {names}', all: 'passed, all papers are here', nothing: 'Nothing to ask for', no_document_camera: 'No document camera there; ask the specialist.',
    },
    verdict: { open: 'To judge', passed: 'Passed', retake: 'Again', not_applicable: 'Not applicable' },
    retake: { blurred: 'blurred', glare: 'glare', cropped: 'cut off', wrong: 'wrong paper' },
    judge: { ask: 'Is this page good?', reason: 'Why again', retake: 'Again', again: 'Judge anew' },
    guide: { title: 'Blue book', papers: 'Papers to bring', none: 'No papers are needed.', unknown: 'No matter chosen yet; listen first.', unverified: 'Not yet checked with the office' },
    viewer: {
      title: 'Papers', region: '{title}, zoom and turn', tools: 'Tools for the paper', size: '{w} × {h}', sharp: 'Sharp', soft: 'Maybe blurred', percent: '{n} %', out: 'Zoom out', in: 'Zoom in', fit: 'Fit', rotate: 'Rotate',
      key_page: 'pages', key_zoom: 'zoom', shot: 'Shot {n}', hash: 'SHA-256 {hash}', empty: 'No papers yet. They appear here once the resident lays them down.', coming: 'Arriving, {n} %', preview: '{title}, small picture',
      failed: 'This page did not arrive.', bad_hash: 'This page changed on its way and cannot be used.', retry: 'Try again',
    },
    strip: { label: 'Pages', empty: 'None yet', coming: 'Arriving', error: 'Failed' },
    wrapup: {
      title: 'Wrap-up', times: 'Talk {talk}  waited {wait}', papers: 'Papers', pages: '{n} pages', no_papers: 'No papers in this call.', disposition: 'Result', next: 'Next step', note: 'Note',
      left: '{n} s left; at zero it is only saved, no call comes by itself', over: 'Time is up, what you wrote is kept. Press finish when done.', extend: 'Add 60 s', finish: 'Finish, be ready', finish_needs: 'Choose a result first', saving: 'Saving',
    },
    disposition: {
      accepted: 'Accepted', pending: 'Papers to follow', consulted: 'Advice only', offline: 'At the counter', department: 'To a department', home_visit: 'Home visit', refused: 'Not accepted', disconnected: 'Cut off', mistake: 'Called by mistake',
    },
    next: { close: 'Closed', relay: 'Relay to helper', follow: 'Call back' },
    course: {
      title: 'This call', accepted: 'Accepted', connected: 'Connected', page: '{what} arrived', verdict: '{what}: {verdict}', station_lost: 'Village cut off', station_back: 'Village back', agent_lost: 'Desk cut off', agent_back: 'Desk back', requeued: 'Back in the queue',
      ended: 'Call ended', waited: 'waited {time}',
    },
    ended: { hang_up: 'Agent ended the call', station_hang_up: 'Resident ended the call', abandoned: 'Resident left', lost: 'Cut off, did not come back' },
    login: {
      title: 'Sign in', morning: 'Good morning, please sign in', day: 'Hello, please sign in', evening: 'Good evening, please sign in', lead: 'Look at the devices first; calls come once you press Ready.', user: 'Staff number', password: 'Password',
      submit: 'Sign in', busy: 'Signing in', wait: 'Please wait {n} s.',
    },
    devices: {
      title: 'Device check', seen: 'This is how residents see you', camera_name: 'Camera', microphone_name: 'Microphone', speaker_name: 'Earphones', net_name: 'Network', notify_name: 'Notices',
      fine: 'Fine', heard: 'Heard', speak: 'Say something', level: 'Level {n} of {of}', play: 'Play a tone', replay: 'Play again', did_hear: 'I heard it', again: 'Try again', allow: 'Allow', allowed: 'Allowed', not_allowed: 'Not allowed',
      net_none: 'Server not reached', net_bad: 'Cut off',
      camera: {
        ok: 'Fine', asking: 'Please allow the camera in the browser.', denied: 'The camera is not allowed. Press the lock in the address bar and allow it. You may sign in without; residents then only hear you.',
        missing: 'No camera found. Plug it in and it appears. You may sign in without; residents then only hear you.', busy: 'Another program uses the camera. Close it and try again. You may sign in without.',
      },
      microphone: { ok: 'Fine', asking: 'Please allow the microphone in the browser.', denied: 'The microphone is not allowed; residents cannot hear you. Press the lock in the address bar and allow it.', missing: 'No microphone found; residents cannot hear you. Plug in a headset.', busy: 'Another program uses the microphone. Close it and try again.' },
      tone: { ask: 'Put on the earphones and play a tone', played: 'Did you hear the tone?', heard: 'Heard', failed: 'The browser gives no sound; check the earphones' },
      notify: { default: 'Once allowed, no call is missed in another window', granted: 'Calls show a notice', denied: 'Notices are not allowed; calls only ring' },
    },
    lost: {
      what: 'Disconnected from the server.', call: 'The call goes on, you can keep talking.', idle: 'Reconnecting, your state is kept.', trying: 'Connecting', again: 'Next try in {n} s', now: 'Try now',
      media: 'No picture and sound.', media_do: 'Trying again by itself, one moment.',
    },
    elsewhere: { title: 'Your desk is open elsewhere', lead: 'One number has one desk. If you take it here, the other one stops; a call goes on.', take: 'Take it here' },
    replaced: { title: 'Your desk was taken elsewhere', lead: 'Another page took your desk over; this one has stopped.', take: 'Take it back' },
    foot: { hold: 'Hold', letter: 'and press the letter of a button', right: 'right column', keys: 'call keys', press: 'Press', everywhere: 'to reach everything', server: 'Server {n} ms', no_camera: 'No camera', no_microphone: 'No microphone', all: 'All keys' },
    help: {
      title: 'All keys', main: 'Accept; finish in wrap-up', mute: 'Mute', video: 'Picture on and off', ask: 'Ask for a paper', end: 'End the call, twice', bar: 'To the call keys', list: 'To the checklist', guide: 'To the guide', viewer: 'To the paper',
      verdict: 'Passed, again, not applicable (in the paper)', pages: 'Pages (in the paper)', zoom: 'Zoom in, out, fit (in the paper)', rotate: 'Rotate (in the paper)', disposition: 'Result (in wrap-up)',
    },
  },
}
export default texts
