// A station without camera or packages, written from signaling/PROTOCOL.md alone: it presses, leaves the line, comes
// back, loses its socket, finds its place again and leaves. Start a demo (README.md), and with a station that no kiosk
// shows (of two pages of one station the second wins)
//   node --experimental-websocket deploy/examples/station.mjs http://127.0.0.1:8080 s31     (from Node 22 on without the flag)
const [address = 'http://127.0.0.1:8080', station = 's31'] = process.argv.slice(2)
const patience = 10_000 // ms for any one answer; a client that stays longer than that has to ping
let socket, state

// next waits for the first frame of which pick makes something.
const next = (what, pick) => new Promise((resolve, reject) => {
  const fail = (why) => reject(new Error(`waited in vain for ${what}: ${why}`))
  setTimeout(fail, patience, `${patience} ms are over`)
  socket.addEventListener('close', ({ code }) => fail(`the socket is closed (${code})`))
  socket.addEventListener('message', ({ data }) => {
    const frame = JSON.parse(data)
    if (pick(frame)) resolve(pick(frame))
    if (frame.type === 'bye') fail(`bye ${frame.body.code}`)
  })
})
// act sends a command and waits until it is answered and the state shows what it was for, in whichever order they come.
async function act(type, body, shows) {
  const id = crypto.randomUUID() // remembered beyond this run: a counter would get the answers of the run before
  const answer = next(`the answer to ${type}`, (frame) => frame.re === id && frame)
  socket.send(JSON.stringify({ id, type, body }))
  const said = await answer
  if (said.type === 'error') throw new Error(`${type} is refused: ${said.body.code}`)
  return shows(state) ? state : next(`what ${type} brings about`, () => shows(state) && state)
}
async function connect() {
  const { origin } = new URL(address), headers = { 'Content-Type': 'application/json' }, body = JSON.stringify({ station })
  const asked = { method: 'POST', headers, body, signal: AbortSignal.timeout(patience) }
  const answer = await fetch(`${origin}/api/station/socket`, asked)
  if (!answer.ok) throw new Error(`no socket ticket: ${answer.status} ${(await answer.text()).trim()}`)
  const { ticket } = await answer.json()
  state = { version: -1 } // the first state of a socket counts, whatever was shown before
  socket = new WebSocket(`${origin.replace('http', 'ws')}/ws`, { headers: { Origin: origin } }) // a browser adds it itself
  socket.addEventListener('message', ({ data }) => {
    const { type, body: now } = JSON.parse(data)
    if (type === 'station.state' && now.version > state.version) state = now
  })
  await Promise.race([new Promise((open) => { socket.onopen = open }), next('a socket', () => false)])
  return act('hello', { protocol: 1, layout: 1, build: 'example', features: [], ticket }, (s) => s.state)
}
const press = () => act('ticket.take', { consent_text: '2026-11', lang: 'zh' }, (s) => s.ticket?.enqueued)
const leave = () => act('ticket.leave', {}, (s) => s.state === 'idle')
const tell = (step, s) => console.log(`${step}: ${s.ticket ? `${s.ticket.number}, ${s.ticket.ahead} ahead` : s.state}`)
try {
  tell('connected', await connect())
  if (state.state !== 'idle') throw new Error(`${station} is ${state.state}, take one that is idle`)
  tell('pressed', await press())
  tell('left', await leave())
  const { ticket } = await press()
  tell('came back', state)
  socket.close()
  await new Promise((later) => setTimeout(later, Math.random() * 500)) // or all stations would come back at once
  tell('lost the socket, came back', await connect())
  if (state.ticket?.id !== ticket.id) throw new Error(`the place of ${ticket.number} is lost`)
  tell('left', await leave())
  process.exit(0)
} catch (err) { console.error(`${address}, ${station}: ${err.cause?.message ?? err.message}`); process.exit(1) }
