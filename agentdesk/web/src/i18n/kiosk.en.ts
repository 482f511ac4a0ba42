import type { Texts } from './index'

const texts: Texts = {
  title: {
    enrol: 'Register device', who: 'Who it is for', theme: 'What it is about', matter: 'Which matter', materials: 'What to bring', leave: 'Leave the queue?', boot: 'Getting ready', idle: 'Home', full: 'The queue is full', nobody: 'Nobody is on yet', cancel: 'Cancel the number', swap: 'Call-back instead', hold: 'On hold', closed: 'Closed', fault: 'Device notice', waiting: 'Waiting', ringing: 'Connecting', call: 'In a call',
    capture: 'Showing papers', summary: 'Result', reset: 'Still there?', offline: 'Network down',
  },
  head: {
    tools: 'Text size, volume, language', size: 'Size', quieter: 'Lower', louder: 'Louder', language: '中文',
    net: { good: 'Network good', weak: 'Network slow', off: 'Network down' },
    size_now: 'Text size: {size}', sizes: { m: 'normal', l: 'large', xl: 'largest' }, volume_now: 'Volume {percent}%',
    morning: 'Morning', noon: 'Noon', afternoon: 'Afternoon', evening: 'Evening',
    date: '{weekday} {day}/{month}',
    weekdays: { d0: 'Sunday', d1: 'Monday', d2: 'Tuesday', d3: 'Wednesday', d4: 'Thursday', d5: 'Friday', d6: 'Saturday' },
  },
  foot: {
    leave: 'Leave queue', hang_up: 'End call', back: 'Back', home: 'Home', mute: 'Mute', unmute: 'Unmute',
    help: 'Call helper', helped: 'Helper called',
  },
  enrol: {
    h: 'Register this device', p: 'Ask an administrator for a code‖and enter it here.', p2: 'It is good for 10 minutes,‖and only once.', label: 'Code', count: '{n} of {all} characters',
    missing: '{n} to go', go: 'Register', going: 'Registering, please wait', redo: 'Clear', del: 'Delete', keys: 'Keys for the code',
    wait: 'Wait {s} s', wait_long: 'Wait {m} min {s} s', rate: { what: 'Too many tries.', wait: 'Check the code and wait.', do: 'You may try again now.' },
  },
  boot: {
    h: 'Getting ready, please wait', p: 'Checking the equipment.', connecting: 'Connecting, and checking the equipment.', pending: 'Checking', green: 'Works',
    parts: { camera: 'Camera', document: 'Document camera', microphone: 'Microphone', speaker: 'Loudspeaker', network: 'Network', clock: 'Clock' },
    detail: { black: 'No picture', missing: 'Not connected', denied: 'Not allowed', insecure: 'Not encrypted', small: 'Not sharp enough', silent: 'Silent', slow: 'Slow', off: 'Wrong time' },
  },
  idle: {
    h: 'Sit down, touch once,‖meet our staff', call: 'Touch here to meet staff', taking: 'Getting your number',
    held: 'Noted, waiting for the network', anyway: 'Queue anyway, unseen and unheard', anyway_note: 'Turns camera and microphone on for this matter only', consent: 'Touching turns camera and microphone on.‖They serve this matter only.',
    free: '{n} of our staff is free now | {n} of our staff are free now', busy: 'All are busy, touch to queue', none: 'Nobody is on yet, you may queue',
    book: 'What to bring', book_note: 'Look it up first', hours: 'Open today {hours}', no_hours: 'Closed all day today',
  },
  closed: {
    h: 'We are closed now.‖Look up what to bring', sill: 'Opens {when}', sill_unknown: 'Please ask the helper for hours', today: 'today {time}', tomorrow: 'tomorrow {time}', later: '{day}/{month} {time}',
  },
  ways: {
    h_closed: 'We are closed now.‖You can ask for a call-back', h_full: 'The queue is full now.‖Please choose another way', h_nobody: 'Nobody is on yet.‖You can queue already',
    wait: 'Queue', wait_note: 'We connect you by ourselves', callback: 'Ask for a call-back', callback_more: 'Another call-back', taking: 'Noting it, please wait',
    at: 'Here, first after we open {when}', next: 'Here, first after the next opening', consent: 'Touching agrees to camera and microphone then.‖They serve this matter only.',
    materials: 'Leave papers', materials_note: 'We look first, no waiting', noted_callback: 'Noted,‖please sit here then', noted_materials: 'Noted,‖we look at the papers first',
    called_back: 'Call-back {number}', booked: 'Appointment {number}', due: 'from {when}', due_now: 'Connecting soon, please sit', more: '{n} more',
    cancel: 'Cancel', cancel_of: 'Cancel number {number}', cancel_h: 'Cancel number {number}?', cancel_p: 'You would need a new one.', cancel_stay: 'Keep it', cancel_go: 'Cancel it',
    swap: 'Call-back instead', swap_note: 'No waiting here', swap_h: 'A call-back instead?', swap_stay: 'Keep waiting', swap_p: 'Your number leaves the queue.‖{when}.',
    busy: 'All are busy', point: 'Nearest 24-hour point',
  },
  fault: {
    camera_denied: { what: 'The camera is not allowed,‖staff cannot see you.', do: 'Please call the helper.' },
    camera_missing: { what: 'The camera is not connected,‖staff cannot see you.', do: 'Please call the helper,‖or just talk.' },
    mic_missing: { what: 'The microphone is not connected,‖staff cannot hear you.', do: 'Please call the helper.' },
    both_denied: { what: 'Camera and microphone are not allowed,‖staff cannot see or hear you.', do: 'Please call the helper.' },
    both_missing: { what: 'Camera and microphone are not connected,‖staff cannot see or hear you.', do: 'Please call the helper.' },
    document_camera_missing: { what: 'The document camera is not connected.', do: 'You can still meet staff;‖call the helper for papers.' },
    insecure: { what: 'The address is not encrypted,‖camera and microphone stay off.', do: 'Please call the helper.' },
    camera_black: { what: 'The camera has no picture,‖it may be covered.', do: 'Please look at the lens,‖or just talk.' },
    speaker_missing: { what: 'The loudspeaker is not connected,‖you hear nothing.', do: 'Please call the helper;‖messages show on the screen.' },
    station: { what: 'This device is not registered.', do: 'It keeps trying by itself.' },
    replaced: { what: 'This window is open on another device.', do: 'To go on here, touch the button below.' },
    here: 'Go on here', enrol: 'Register again', again: 'Try again', near: 'Please ask the helper beside you to look,‖and tell them what you came for.',
  },
  who: {
    h: 'Who is it for?', self: 'For myself', self_note: 'You talk to our staff alone', specialist: 'With the helper', specialist_note: 'The helper sits beside you‖and helps',
    family: 'For my family', family_note: 'They cannot come,‖you bring their papers',
  },
  theme: { h: 'What is it about?', unsure: 'Not sure, just meet', loading: 'Getting the list,‖please wait.' },
  matter: {
    h: 'Which matter is it?', more: 'More', none: 'Nothing is listed here,‖please just tell our staff.', bring: 'Bring this one thing | Bring these {n} things', bring_none: 'No papers are needed',
    both: 'Both sides are needed', known: 'Fine, keep waiting', ask: 'Not complete, still ask', meet: 'Meet our staff', check: 'Our staff tell you what is really needed.',
    keep: 'Pictures serve this matter only;‖you keep the originals.',
  },
  question: { skip: 'Skip, just wait', place: '{n} ahead of you', next: 'You are next' },
  waiting: {
    h: 'Please sit,‖we connect you by ourselves', h_next: 'You are next,‖please sit', h_nobody: 'Nobody is on yet,‖your place is kept', number: 'Your number', ahead: 'Ahead of you', people: 'person | people', about: 'About', minutes: 'min', within: 'min or less',
    line: '{n} ahead at the window, then you', me: 'You', more: '{n} more', own: 'Your picture', no_own: 'No picture', heard: 'We can hear you', speak: 'Please say a word', mic_ok: 'Microphone works',
    no_mic: 'No microphone', message: 'From our staff', tip: 'Meanwhile', tip_text: 'Please have your papers‖in your hand.', parked: 'The queue is coming back,‖your number is kept', parked_place: 'Then we tell you your place.', place_late: 'The queue is coming back;‖this was your place.',
    broke: 'The line broke.‖Your number is kept,‖somebody else takes over soon.',
    say: 'Say what it is about', say_note: 'It finds the right person sooner', meter: 'Microphone level {n}',
  },
  leave: { h: 'Leave the queue?', p: 'You would need a new number.', stay: 'Keep waiting', go: 'Leave' },
  call: {
    ringing: '{name} is connecting', ringing_any: 'Connecting you', ringing_tip: 'Please sit, one moment', speak: 'Please speak‖to the screen', quiet: 'Too quiet?‖Touch "Louder" above.',
    muted: 'You are muted', muted_do: '"Unmute" lets you speak', agent: 'Staff', lost: 'Their network is down,‖back in a moment.', hold: 'One moment, please', hold_sub: 'On hold {time}', hold_own: 'Your picture is paused', hold_tip: 'Please stay seated,‖your call is kept', late: 'The picture is not here yet,‖our staff see to it.‖You can call the helper.', opening: 'The picture comes in a moment', pages: 'Pages taken',
  },
  capture: {
    lay: 'Lay {what}‖flat on the dark area', sides: { front: ' (front)', back: ' (back)' }, shoot: 'Take picture', again: 'Take again', sending: 'Sending {percent}%', taking: 'Please hold still',
    help: 'Helper, please', sample: 'Flat, like this', sharp: 'That is clear', blurred: 'Blurred, lay it flat', hint: { blurred: 'Blurred, lay it flat', glare: 'It shines, turn it a little', cropped: 'Cut off, move to the middle', wrong: 'Please lay the right paper', other: 'Please take it again' }, retake: 'Take again',
    live: 'Live picture of your papers', missing: 'The document camera has no picture.‖Please call the helper.', opening: 'Opening the document camera', page: 'Page {n}', sent: 'arrived', failed: 'not sent',
  },
  summary: {
    h: { accepted: 'Done', pending: 'Papers received', consulted: 'Answered', other: 'That is all for now', wait: 'The call ended', lost: 'The call broke off', left: 'You left the queue' },
    p: { accepted: '{matter}: accepted', pending: '{matter}: papers missing', consulted: '{matter}', offline: '{matter}: please come to the counter', department: '{matter}: passed to the department', home_visit: '{matter}: home visit booked', refused: '{matter}: cannot be accepted', disconnected: '{matter}: not finished', mistake: 'Nothing was registered', wait: 'Our staff write down the result, please wait', lost: 'What was done is kept' },
    matter: 'This matter', case: 'Your case number', case_note: 'Give it when you call us.', qr: 'QR code of the case number',
    pages: '{n} page taken | {n} pages taken', pages_note: 'Kept safe, for this matter only',
    next: { close: 'This matter is finished', close_note: 'No need to come again', relay: 'A helper will call you', relay_note: 'and does the further steps for you', follow: 'We will call you back', follow_note: 'You can ask again then', none: 'The result will show here', none_note: 'You may go; the number finds it' },
    papers: 'Take your papers', papers_note: 'Do not leave your cards here', done: 'Fine, finish',
  },
  reset: { h: 'Still there?', p: 'Your data are cleared in {n} s.‖Take your papers.', book: 'Back to the first page in {n} s.', stay: 'I am here', end: 'Finish' },
  offline: {
    h: 'The network is down,‖trying again', queue: 'Please wait, your place is kept.', pages: 'Your pages are safe.', idle: 'Ready again soon, please wait.', call: 'Your call is kept for you.',
    attempt: 'Try number {n}', next: 'Next try in {n} s', since: 'Down for {n} s', held: 'What you touched is noted.',
  },
}
export default texts
