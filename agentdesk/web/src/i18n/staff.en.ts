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
}
export default texts
