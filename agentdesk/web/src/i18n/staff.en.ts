import type { Texts } from './index'

const texts: Texts = {
  check: {
    title: 'Self-check of the equipment', line: '{part}: {words}', none: 'No self-check', never: 'Never online', at: 'checked {age}', old: 'checked {age}, long ago',
    level: { green: 'fine', amber: 'watch', red: 'broken' },
    part: { camera: 'Camera', document: 'Document camera', microphone: 'Microphone', speaker: 'Speaker', printer: 'Printer', network: 'Network', media: 'Media path', clock: 'Clock' },
    value: { camera: 'brightness {n}', document: '{n} px wide', microphone: 'level {n} dB', speaker: '{n} found', network: 'round trip {n} ms', clock: 'off by {n} s' },
    detail: {
      missing: 'not found', denied: 'not allowed', insecure: 'page not secure', black: 'picture is black', small: 'too few pixels', silent: 'no sound', udp: 'UDP', tcp: 'over TCP, slower', relay: 'over a relay, slower', slow: 'slow', skewed: 'wrong', paper_out: 'out of paper', jammed: 'jammed', offline: 'not connected', toner_low: 'low toner', fine: 'fine', unknown: 'unknown',
    },
  },
  kind: { call: 'Call', callback: 'Call-back', booking: 'Appointment', prereview: 'Pre-review' },
  family: {
    social_security: 'Social security', medical_insurance: 'Medical insurance', civil_affairs: 'Civil affairs', archive_other: 'Archives and others', housing: 'Housing', residence: 'Residence permits', long_term_care: 'Long-term care', health: 'Health', disabled: 'Disability', family_planning_support: 'Family support',
  },
  why: {
    you: 'you', title: 'Why me', title_of: 'Why {name}', label: 'Why', reason: '{title}: {rule}', history: 'All offers', and: ', ', colon: '{what}: {names}',
    short: { own: 'own village', backup: 'back-up', transferred: 'transferred', longest_idle: 'idle longest', assigned: 'assigned', pulled: 'pulled' },
    rule: {
      own: 'The village belongs to {who}, so {who} came first.', backup: 'The village has {who} as its back-up, and its own agent could not take it.', transferred: 'A colleague passed this call to {who}.', longest_idle: 'Of those who can take it, idle longest: {who}.',
      assigned: 'The supervisor assigned this call to {who}.', pulled: 'Taken out of the line by {who}.',
    },
    waited: 'The resident had waited {time}.', need: 'Skills needed: {names}.', need_none: 'Anybody can take this matter.', step: 'After a while the demands were eased, times: {n}.',
    others: 'Not offered to others because', alone: 'Nobody else was there.', ahead: 'Ahead in line and not given to {who} now', ahead_none: 'Nobody stood ahead in line.', ahead_more: '{n} stood ahead; these are the first.',
    agent: {
      idle_later: 'idle for less long', not_asked: 'free, but {who} came first this time', skills: 'other matters only', excluded: 'declined it just now', offer: 'ringing', call: 'in a call', wrapup: 'in wrap-up', rona: 'missed a call, paused', away: 'away', lost: 'cut off', offline: 'not ready',
    },
    ticket: {
      hours: 'not yet open for it', held: 'held for the agent of the village', lost: 'the village is cut off', skills: 'not a matter of {who}', excluded: 'declined just now by {who}', own: 'own village came first', backup: 'back-up village came first', transferred: 'a transferred call came first', longest_idle: 'possible, not its turn', assigned: 'the supervisor assigned a later one', pulled: 'a later one was pulled',
    },
    gone: 'a resident who has gone',
    result: { ringing: 'ringing', accepted: 'accepted', declined: 'declined', rona: 'not answered', undelivered: 'not delivered, not the agent’s fault', withdrawn: 'withdrawn' },
    entry: '{time}  {name}, {result}', empty: 'Not offered to anybody yet.', loading: 'Looking, one moment.', refused: 'Not found; it may be done already.', failed: 'Not loaded. {what} {do}', again: 'Try again',
  },
  stands: {
    offline: { what: 'This agent is not ready.', do: 'Choose another, or wait.' }, ready: { what: 'The agent is ready, so this cannot be done.', do: 'Look at the newest state.' }, offer: { what: 'The agent’s desk is ringing.', do: 'Wait for the answer, then try again.' }, call: { what: 'The agent is in a call.', do: 'Choose another, or wait.' },
    wrapup: { what: 'The agent is in wrap-up.', do: 'Wait for it to end, or choose another.' }, rona: { what: 'The agent missed a call and is paused.', do: 'Ready has to be pressed first, or choose another.' }, away: { what: 'The agent is away.', do: 'Ready has to be pressed first, or choose another.' }, lost: { what: 'The other side is cut off.', do: 'Wait until it is back, or choose another.' },
    hours: { what: 'The centre is closed then.', do: 'Choose another time.' }, skills: { what: 'The agent does not do this matter.', do: 'Choose one who does.' }, reviews: { what: 'Too many pre-reviews in hand.', do: 'Finish one or put it back.' }, third: { what: 'Somebody is invited already.', do: 'End that first, then invite another.' },
    held: { what: 'The call is on hold.', do: 'Resume it first.' }, scheduled: { what: 'Its time has not come.', do: 'It joins the line by itself.' },
  },
}
export default texts
