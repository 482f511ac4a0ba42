// Written from signaling/protocol by TestTypeScript (run with -update). Do not edit.

export const protocolVersion = 1
export const mediaLayout = 1
export const maxMessage = 65536

/** SeatView is one signed-in agent on the board. */
export interface SeatView {
  id: string
  name: string
  seat: string
  state: DeskStateName
  reason: string
  since_ms: number
  /** id, in a call */
  station: string
  ticket: string
  /** Third is set when this agent is the third person of Ticket. */
  third?: Purpose
}

/** Minute is one point of the chart of the day. */
export interface Minute {
  /** begin of the minute */
  at_ms: number
  waiting: number
  in_call: number
}

/** Today holds the day's counts; each rate's raw numbers stand beside it. Service level = in-time answered / (answered + abandoned − short abandoned), in time meaning within ServiceMS (queue-and-desk.md 2.2). */
export interface Today {
  as_of_ms: number
  /** tickets that entered waiting */
  offered: number
  answered: number
  in_time: number
  abandoned: number
  short_abandoned: number
  service_ms: number
  target_pct: number
  p90_wait_ms: number
  /** disposition 已受理 */
  accepted: number
  /** wrapped up */
  finished: number
  relayed: number
  pages_passed: number
  /** passed at the first shot */
  pages_first: number
  pages: number
}

/** Board is the whole of the supervisor's page. */
export interface Board {
  version: number
  now_ms: number
  /** age base of queue, seats and stations */
  queue_ms: number
  open: boolean
  /** when today opened, for the chart's left end */
  open_ms: number
  /** waiting and offered, in match order */
  waiting: QueueRow[]
  /** WaitingTotal counts them all: Waiting lists the first 500. */
  waiting_total?: number
  /** accepted and not yet ended */
  calls: number
  /** signed in */
  seats: SeatView[]
  stations: StationLive[]
  minutes: Minute[]
  today: Today
  /** Scheduled are the call-backs and appointments to come, the next 500 by due time. */
  scheduled?: ScheduledRow[]
  /** Forecast is absent until a promised wait has ended. */
  forecast?: ForecastView
}

/** Presence is what an agent chose. */
export type Presence =
  | 'offline'
  | 'available'
  | 'away'
export const presenceValues: readonly Presence[] = ['offline', 'available', 'away']

/** DeskStateName is the state of the agent's page, derived from presence and load. */
export type DeskStateName =
  | 'offline'
  | 'ready'
  | 'offer'
  | 'call'
  | 'wrapup'
  | 'rona'
  | 'away'
  | 'lost'
export const deskStateNameValues: readonly DeskStateName[] = ['offline', 'ready', 'offer', 'call', 'wrapup', 'rona', 'away', 'lost']

/** AgentSet chooses a presence; away carries a reason. */
export interface AgentSet {
  presence: Presence
  /** break, lunch, meeting, training, counter */
  reason?: string
}

/** OfferShown says that the desk drew the offer: only then may a ring-out count against the agent. */
export interface OfferShown {
  ticket: string
  epoch: number
}

/** OfferAccept takes the call. */
export interface OfferAccept {
  ticket: string
  epoch: number
}

/** OfferDecline refuses it, with a reason. */
export interface OfferDecline {
  ticket: string
  epoch: number
  /** busy, not_mine, device, other */
  reason: string
}

/** CaptureAsk asks the station for one side or page of a checklist slot. */
export interface CaptureAsk {
  slot: string
  side: Side
  /** key of a retake reason: blurred, glare, cropped, wrong */
  hint?: string
}

/** CaptureCancel withdraws the request. */
export type CaptureCancel = Record<string, never>

/** Verdict on a slot of the checklist. */
export type Verdict =
  | ''
  | 'passed'
  | 'retake'
  | 'not_applicable'
export const verdictValues: readonly Verdict[] = ['', 'passed', 'retake', 'not_applicable']

/** SlotJudge is the agent's verdict on a slot, and on the page looked at. */
export interface SlotJudge {
  slot: string
  page?: string
  verdict: Verdict
  /** blurred, glare, cropped, wrong */
  reason?: string
}

/** StationSay puts a short sentence on the resident's screen. */
export interface StationSay {
  /** at most 120 characters */
  text: string
}

/** Disposition is the wrap-up code 办结类型. */
export type Disposition =
  | ''
  | 'accepted'
  | 'pending'
  | 'consulted'
  | 'offline'
  | 'department'
  | 'home_visit'
  | 'refused'
  | 'disconnected'
  | 'mistake'
export const dispositionValues: readonly Disposition[] = ['', 'accepted', 'pending', 'consulted', 'offline', 'department', 'home_visit', 'refused', 'disconnected', 'mistake']

/** NextStep of a case after the call. */
export type NextStep =
  | ''
  | 'close'
  | 'relay'
  | 'follow'
export const nextStepValues: readonly NextStep[] = ['', 'close', 'relay', 'follow']

/** CallFinish ends wrap-up. */
export interface CallFinish {
  ticket: string
  epoch: number
  disposition: Disposition
  next_step: NextStep
  /** at most 2,000 characters */
  note: string
}

/** WrapUpExtend adds 60 s. */
export type WrapUpExtend = Record<string, never>

/** PageView is one captured page. Its bytes come over the document channel or from GET /api/desk/pages/{id}. */
export interface PageView {
  /** 32 hex digits, the document id of the framing */
  id: string
  slot: string
  side: Side
  /** hex */
  sha256: string
  bytes: number
  mime: string
  width: number
  height: number
  /** variance of Laplacian as the kiosk measured it */
  sharp: number
  at_ms: number
  verdict: Verdict
  reason?: string
}

/** SlotView is one row of the checklist. */
export interface SlotView {
  /** "id_card" */
  id: string
  title: string
  note: string
  sides: Side[]
  verdict: Verdict
  reason?: string
  /** ids, oldest first */
  pages: string[]
}

/** OfferView is a ringing offer. */
export interface OfferView {
  ticket: string
  epoch: number
  number: string
  station: Station
  /** 包联: the station is the agent's own */
  own: boolean
  matter: string
  who: Who
  priority: number
  waited_ms: number
  /** when it began to ring */
  rung_ms: number
  expires_ms: number
  /** Checks is the station's newest self-check; empty: none was heard. */
  checks?: PartCheck[]
  kind?: TicketKind
  /** of a bundle, the first is Matter */
  matters?: string[]
  /** Purpose is absent of an offered ticket. Otherwise this is an invitation into the call of Owner, answered in the same way. */
  purpose?: Purpose
  owner?: AgentView
  why?: WhyView
}

/** CallView is the call at the desk. */
export interface CallView {
  ticket: string
  epoch: number
  number: string
  case: string
  station: Station
  matter: string
  theme: string
  who: Who
  priority: number
  waited_ms: number
  accepted_ms: number
  /** 0 until both sides have media */
  connected_ms: number
  /** 0 while it runs */
  ended_ms: number
  ended?: EndReason
  /** held for the call grace */
  station_lost: boolean
  gate_open: boolean
  /** MediaLate: accepted a while ago, and sound or picture of a side has not come up. */
  media_late?: boolean
  faults: Fault[]
  /** the resident called the specialist */
  help: boolean
  slots: SlotView[]
  pages: PageView[]
  capture?: CaptureView
  /** WrapUpEndsMS is when wrap-up runs out; at zero the desk is kept, only saved. */
  wrapup_ends_ms: number
  /** for 这次通话, the newest 200 */
  course: CallEvent[]
  /** Checks is the station's newest self-check; empty: none was heard. */
  checks?: PartCheck[]
  kind?: TicketKind
  /** of a bundle, the first is Matter */
  matters?: string[]
  /** HeldSinceMS is when the present hold began; HoldTotalMS counts those before. */
  held_since_ms?: number
  hold_total_ms?: number
  third?: ThirdView
  /** Purpose is set when this desk is the third person; then Owner has the call. */
  purpose?: Purpose
  owner?: AgentView
  /** of the offer that was accepted */
  why?: WhyView
}

/** CallEvent is one line of the course of a call. */
export interface CallEvent {
  at_ms: number
  /** accepted, connected, page, page_failed (detail: the refusal), verdict, station_lost, station_back, agent_lost, agent_back, no_media, requeued, held, resumed, transferred, third_joined, third_left, handed_over, ended */
  kind: string
  detail?: string
}

/** QueueRow is one waiting ticket. */
export interface QueueRow {
  ticket: string
  number: string
  /** id */
  station: string
  matter: string
  who: Who
  priority: number
  since_ms: number
  /** waiting, offered */
  state: string
  /** id, while offered */
  agent: string
  /** Kind and DueMS of a call-back or appointment whose time has come; absent of a call. */
  kind?: TicketKind
  due_ms?: number
  /** Why: somebody was offered it, so GET /api/tickets/{id}/why has something to say. */
  why?: boolean
}

/** RecordRow is one finished call of today. */
export interface RecordRow {
  ticket: string
  number: string
  at_ms: number
  station: string
  matter: string
  talk_ms: number
  disposition: Disposition
  next_step: NextStep
}

/** StationLive is a station with its present state, for desk and board. */
export interface StationLive extends Station {
  state: StationStateName
  since_ms: number
  faults: Fault[]
  help: boolean
  /** Checks is the newest self-check; empty: none was heard. */
  checks?: PartCheck[]
}

/** StationStateName is a station's state on the board. */
export type StationStateName =
  | 'idle'
  | 'waiting'
  | 'call'
  | 'fault'
  | 'offline'
  | 'closed'
export const stationStateNameValues: readonly StationStateName[] = ['idle', 'waiting', 'call', 'fault', 'offline', 'closed']

/** DeskState is the whole state of an agent's page. */
export interface DeskState {
  version: number
  state: DeskStateName
  /** of away */
  reason: string
  since_ms: number
  now_ms: number
  agent_id: string
  agent_name: string
  seat: string
  queue: QueueRow[]
  /** QueueTotal counts them all: Queue lists the first 200. */
  queue_total?: number
  /** QueueAwayMS is how long the queue has not answered, 0 while it does: what is shown of it is that old. */
  queue_away_ms?: number
  free_seats: number
  /** the agent's own (包联) */
  stations: StationLive[]
  today: RecordRow[]
  offer?: OfferView
  /** in call and wrap-up */
  call?: CallView
  /** from the offer on */
  media?: MediaGrant
  /** Colleagues are the others who are signed in, by seat. */
  colleagues?: ColleagueView[]
  /** Reviews are the pre-reviews that wait, and first those in hand. */
  reviews?: ReviewRow[]
  /** Scheduled are the call-backs and appointments to come, the next 200 by due time. */
  scheduled?: ScheduledRow[]
}

/** MediaGrant lets its holder open one connection to the SFU. State carries it when a connection is wanted; using it up makes the next state carry another, so a reloaded page can join again. */
export interface MediaGrant {
  /** one call, one role, one epoch, two minutes, single use */
  token: string
  layout: number
  /** MaxKbps is what the sender's camera may use now: low while waiting, full once an offer rings. */
  max_kbps: number
  /** Codec is the one video codec of the installation: "VP8" or "H264". */
  codec: string
}

/** MediaOffer carries the one SDP offer of a participant, in the layout that sfu declares. */
export interface MediaOffer {
  token: string
  /** at most 48 KiB */
  sdp: string
}

/** MediaAnswer answers MediaOffer; all candidates stand inside. */
export interface MediaAnswer {
  sdp: string
}

/** MediaRestart asks for new ICE credentials on the connection that the sender of this socket already has (RFC 8445 section 2.4): same layout, same DTLS, another network path. It is answered by MediaAnswer. CodeMedia: the SFU knows no such connection any more, so join anew with the state's grant. */
export interface MediaRestart {
  /** at most 48 KiB */
  sdp: string
}

/** MediaReport tells how the participant's connection does, every 5 s in a call. */
export interface MediaReport {
  connected: boolean
  rtt_ms: number
  /** 0–100 */
  loss_pct: number
  kbps_in: number
  kbps_out: number
  /** decoded */
  fps: number
  /** Path of the nominated pair: "udp", "tcp" or "relay"; "" unknown. */
  path?: string
}

/** TicketPull takes a waiting ticket out of turn: it is offered to the sender, who accepts it next. Refused with wrong_state and what stands in the way. */
export interface TicketPull {
  ticket: string
}

/** CallHold begins or ends a hold: nothing passes in either direction, and both sides see it. */
export interface CallHold {
  on: boolean
}

/** CallTransfer gives the call away without a word to the next agent (cold): the ticket waits again at its own place, Agent or whoever serves Family is asked. One of the two at least is given. */
export interface CallTransfer {
  /** asked first */
  agent?: string
  /** the skill needed from now on */
  family?: string
  /** at most 120 characters */
  reason: string
}

/** Purpose is what somebody is in a call beside its owner and its resident. */
export type Purpose =
  | ''
  | 'consult'
  | 'third'
export const purposeValues: readonly Purpose[] = ['', 'consult', 'third']

/** CallInvite rings at another agent, who is consulted or joins the call. There is one third person at a time. */
export interface CallInvite {
  agent: string
  /** consult or third */
  purpose: Purpose
}

/** CallInviteEnd takes the invitation back, or ends the third person's part. */
export type CallInviteEnd = Record<string, never>

/** CallHandOver makes the third person, who has joined, the owner; pages, checklist and course stay with the call, and the sender is free. */
export type CallHandOver = Record<string, never>

/** ThirdLeave ends the sender's part as the third person of a call. */
export type ThirdLeave = Record<string, never>

/** ReviewTake takes a pre-review in hand; call.finish ends it, review.return puts it back. It takes no seat: calls are offered all the same. */
export interface ReviewTake {
  ticket: string
}

/** ReviewReturn puts a pre-review back at its place. */
export interface ReviewReturn {
  ticket: string
}

/** TicketKind is what a ticket asks for. */
export type TicketKind =
  | 'call'
  | 'callback'
  | 'booking'
  | 'prereview'
export const ticketKindValues: readonly TicketKind[] = ['call', 'callback', 'booking', 'prereview']

/** BookingMake makes a call-back or an appointment for a station. */
export interface BookingMake {
  station: string
  /** callback or booking */
  kind: TicketKind
  due_ms: number
  matter?: string
}

/** CallbackTake is a press that does not wait at the station: the centre calls back. It is possible outside the opening hours; of a station that waits it takes the waiting ticket's place. */
export interface CallbackTake {
  consent_text: string
  lang: string
  /** an appointment then; 0: a call-back at the next opening */
  due_ms: number
}

/** BookingCancel takes a call-back or appointment of this station back. */
export interface BookingCancel {
  ticket: string
}

/** MaterialsLeave leaves the materials for a pre-review, without a call. */
export interface MaterialsLeave {
  consent_text: string
  lang: string
}

/** TicketAssign offers a waiting ticket to an agent, out of turn. */
export interface TicketAssign {
  ticket: string
  agent: string
  /** at most 120 characters; stands in the audit trail */
  reason: string
}

/** TicketReprioritise gives a ticket another priority, and with it another place. */
export interface TicketReprioritise {
  ticket: string
  /** 0–3 */
  priority: number
  /** at most 120 characters; stands in the audit trail */
  reason: string
}

/** MessageSend puts a sentence on the screen of a station that waits, or of all. */
export interface MessageSend {
  /** "" = everyone who waits now */
  station: string
  /** at most 120 characters */
  text: string
}

/** Way is something that a resident can do instead of, or beside, waiting. */
export type Way =
  | 'wait'
  | 'callback'
  | 'booking'
  | 'materials'
  | 'point'
export const wayValues: readonly Way[] = ['wait', 'callback', 'booking', 'materials', 'point']

/** Lack is why waiting is not, or not the only, way. */
export type Lack =
  | ''
  | 'closed'
  | 'full'
  | 'nobody'
export const lackValues: readonly Lack[] = ['', 'closed', 'full', 'nobody']

/** PointView is the nearest place that is open at all hours. */
export interface PointView {
  name: string
  address: string
  hours: string
}

/** ScheduledView is a call-back or appointment as its station shows it. */
export interface ScheduledView {
  ticket: string
  number: string
  kind: TicketKind
  due_ms: number
}

/** ScheduledRow is a call-back or appointment on desk and board, by due time. */
export interface ScheduledRow {
  ticket: string
  number: string
  kind: TicketKind
  /** id */
  station: string
  matter: string
  priority: number
  /** arrival */
  since_ms: number
  due_ms: number
}

/** ReviewRow is a pre-review: one that waits, or one in the agent's own hand. */
export interface ReviewRow {
  ticket: string
  /** for call.finish */
  epoch: number
  number: string
  /** id */
  station: string
  matter: string
  priority: number
  /** arrival */
  since_ms: number
  /** in this agent's hand */
  mine: boolean
}

/** ColleagueView is another agent who is signed in, for transfer and invitation. */
export interface ColleagueView {
  id: string
  name: string
  seat: string
  state: DeskStateName
  /** of away */
  reason?: string
  /** of matters; empty = all */
  families: string[]
}

/** ThirdState is how far an invitation is. */
export type ThirdState =
  | 'offered'
  | 'joined'
export const thirdStateValues: readonly ThirdState[] = ['offered', 'joined']

/** ThirdView is the third person of a call as the desks see him. */
export interface ThirdView {
  agent: string
  name: string
  seat: string
  purpose: Purpose
  state: ThirdState
}

/** Rule by which an agent was chosen for a ticket. */
export type Rule =
  | 'own'
  | 'backup'
  | 'transferred'
  | 'longest_idle'
  | 'assigned'
  | 'pulled'
export const ruleValues: readonly Rule[] = ['own', 'backup', 'transferred', 'longest_idle', 'assigned', 'pulled']

/** WhyView explains one offer: why this agent, and who and what was passed over. */
export interface WhyView {
  at_ms: number
  /** id */
  agent: string
  name: string
  rule: Rule
  /** of the ticket until then */
  waited_ms: number
  /** Need are the skills (families) asked for then; empty: any agent. */
  need: string[]
  /** widening steps done */
  step: number
  /** Agents were not chosen; because is idle_later, not_asked, skills, excluded, offer, call, wrapup, rona, away, lost or offline. */
  agents: WhyAgent[]
  /** Ahead stood before in line, at most 20; because is hours, held, lost, skills, excluded, or the rule when this agent could have had it. */
  ahead: WhyTicket[]
  /** how many there were in all */
  ahead_n: number
  /** Result is accepted, declined, rona, undelivered or withdrawn; "" while it rings. */
  result: string
}

/** WhyAgent is an agent who was not chosen. */
export interface WhyAgent {
  id: string
  name: string
  because: string
}

/** WhyTicket is a ticket that stood before and was not given. */
export interface WhyTicket {
  /** "" when it is gone */
  number: string
  because: string
}

/** ForecastView is how good the promised waits were: Covered of Of residents who were told a band were served within its upper end (P80, so 80 % is right). */
export interface ForecastView {
  covered: number
  of: number
  /** went before that time; they count for neither */
  left: number
}

/** Role is what a socket may do. */
export type Role =
  | 'station'
  | 'specialist'
  | 'agent'
  | 'helper'
  | 'supervisor'
  | 'admin'
export const roleValues: readonly Role[] = ['station', 'specialist', 'agent', 'helper', 'supervisor', 'admin']

/** Face is the page that opens a socket: one person may have several open. */
export type Face =
  | 'station'
  | 'desk'
  | 'board'
export const faceValues: readonly Face[] = ['station', 'desk', 'board']

/** Hello is the first message of a client, due within 3 s of the upgrade. */
export interface Hello {
  protocol: number
  /** of the page; a server of another build says so in Welcome */
  build: string
  features: string[]
  layout: number
  /** single-use socket ticket from POST /api/{face}/socket, 30 s */
  ticket: string
  /** Presence is what the agent's desk last showed, so that an agent who was available stays so when the server has forgotten. Empty on a first visit. */
  presence?: Presence
  /** TakeOver lets this desk replace another one of the same agent. */
  take_over?: boolean
}

/** Welcome answers Hello. The whole state follows as a push of its own. */
export interface Welcome {
  protocol: number
  /** differs from the page's: the page reloads itself when idle */
  build: string
  role: Role
  /** station or user id */
  id: string
  name: string
  centre: string
  /** server's clock, unix ms UTC */
  now_ms: number
  /** the page sends Ping this often */
  ping_ms: number
  /** and takes the socket for dead after this long without a frame */
  dead_ms: number
  demo: boolean
}

/** OK answers a command that took effect (or already had). */
export type OK = Record<string, never>

/** Code is a stable name of an error; the sentence a person reads stands in the page, keyed by it. */
export type Code =
  | 'malformed'
  | 'unknown_type'
  | 'too_large'
  | 'protocol'
  | 'forbidden'
  | 'ticket_expired'
  | 'hello_first'
  | 'stale'
  | 'wrong_state'
  | 'not_found'
  | 'closed'
  | 'full'
  | 'queue_away'
  | 'records_away'
  | 'bad_sdp'
  | 'media_token'
  | 'rate'
  | 'replaced'
  | 'elsewhere'
  | 'shutdown'
  | 'slow'
  | 'internal'
export const codeValues: readonly Code[] = ['malformed', 'unknown_type', 'too_large', 'protocol', 'forbidden', 'ticket_expired', 'hello_first', 'stale', 'wrong_state', 'not_found', 'closed', 'full', 'queue_away', 'records_away', 'bad_sdp', 'media_token', 'rate', 'replaced', 'elsewhere', 'shutdown', 'slow', 'internal']

/** Error answers a command that had no effect. */
export interface Error {
  code: Code
  /** for engineers; never personal data */
  detail?: string
  /** Because says of wrong_state what stands in the way, where a person can do something about it: the state of the agent who was named (offline, ready, offer, call, wrapup, rona, away), or lost, hours, skills, reviews, third, held or scheduled. */
  because?: string
}

/** Bye is the last message before the server closes a socket. */
export interface Bye {
  code: Code
}

/** NodeDrain tells a page in a call that its node is to end: the call goes on, and moves to another node when it is not over in time. Sockets without a call end with bye shutdown instead. */
export type NodeDrain = Record<string, never>

/** Ping is answered by Pong at once; pages measure the round trip with it. */
export interface Ping {
  /** of the client, returned in Pong */
  at_ms: number
}

/** Pong answers Ping. */
export interface Pong {
  at_ms: number
  /** server's clock */
  now_ms: number
}

/** KioskState is the state of the resident's page. The server sets idle, closed, waiting, ringing, call and summary; the page itself adds boot, fault, capture (call while Capture is set), reset and offline. */
export type KioskState =
  | 'boot'
  | 'idle'
  | 'closed'
  | 'fault'
  | 'waiting'
  | 'ringing'
  | 'call'
  | 'capture'
  | 'summary'
  | 'reset'
  | 'offline'
export const kioskStateValues: readonly KioskState[] = ['boot', 'idle', 'closed', 'fault', 'waiting', 'ringing', 'call', 'capture', 'summary', 'reset', 'offline']

/** TicketTake is the one press: 呼叫 enqueues at once. */
export interface TicketTake {
  /** version of the notice under the button, e.g. "2026-11" */
  consent_text: string
  /** "zh" or "en" */
  lang: string
}

/** Who a matter is handled for. */
export type Who =
  | ''
  | 'self'
  | 'specialist'
  | 'family'
export const whoValues: readonly Who[] = ['', 'self', 'specialist', 'family']

/** TicketRevise says what it is about while waiting; the place never changes. Empty fields leave what is there. */
export interface TicketRevise {
  who?: Who
  theme?: string
  matter?: string
}

/** TicketLeave gives the place up (不排了). */
export type TicketLeave = Record<string, never>

/** CallHangUp ends the call; station and agent may both send it. */
export type CallHangUp = Record<string, never>

/** CaptureConfirm says that the resident pressed 拍照: the page follows on the document channel. It lets the desk show progress at once. */
export interface CaptureConfirm {
  slot: string
}

/** Fault names a part of a station that does not work. */
export type Fault =
  | 'camera_denied'
  | 'camera_missing'
  | 'mic_missing'
  | 'document_camera_missing'
export const faultValues: readonly Fault[] = ['camera_denied', 'camera_missing', 'mic_missing', 'document_camera_missing']

/** StationReport tells which parts work; sent after boot and on every change. */
export interface StationReport {
  faults: Fault[]
  /** full resolution of the document camera, px; 0 if none */
  doc_width: number
  doc_height: number
  /** Checks is the newest self-check, one entry a part, at most 16; empty: none was made since the last report. */
  checks?: PartCheck[]
}

/** Part of a station that its self-check looks at. */
export type Part =
  | 'camera'
  | 'document'
  | 'microphone'
  | 'speaker'
  | 'printer'
  | 'network'
  | 'media'
  | 'clock'
export const partValues: readonly Part[] = ['camera', 'document', 'microphone', 'speaker', 'printer', 'network', 'media', 'clock']

/** Level of a part: how well it works. */
export type Level =
  | 'green'
  | 'amber'
  | 'red'
export const levelValues: readonly Level[] = ['green', 'amber', 'red']

/** PartCheck is one line of a self-check. */
export interface PartCheck {
  part: Part
  level: Level
  /** in the part's unit */
  value: number
  /** a short code such as "black" or "tcp", at most 32 bytes */
  detail?: string
  /** unix ms by the server's clock */
  at_ms: number
}

/** StationHelp calls the specialist (叫专员帮忙): shown on the board and to the agent. */
export type StationHelp = Record<string, never>

/** StationReset ends the summary: the resident's data leave the page. */
export type StationReset = Record<string, never>

/** Station is the fixed part of a station. */
export interface Station {
  /** "s07" */
  id: string
  /** 云桥村 */
  name: string
  /** "south", "middle" or "north" */
  grid: string
  specialist: string
}

/** TicketView is the resident's ticket as the kiosk shows it. */
export interface TicketView {
  id: string
  /** A012 */
  number: string
  ahead: number
  /** arrival */
  since_ms: number
  /** Wait band in ms, 0,0 when the server is not sure: then only the place is shown. */
  wait_low_ms: number
  wait_high_ms: number
  who: Who
  theme: string
  /** id of the catalogue, "" = 直接见面 */
  matter: string
  /** Matters of a bundle, the first is Matter; empty of a single one. */
  matters?: string[]
  /** Kind is absent of a ticket.take. */
  kind?: TicketKind
  /** Enqueued is false while Redis is away: the press is kept and keeps its time. */
  enqueued: boolean
  /** PlaceLate: Redis has been away for a while, so Ahead is what it last was. */
  place_late?: boolean
}

/** AgentView is the agent as the resident sees him. */
export interface AgentView {
  /** 王老师 */
  name: string
  /** 3 号座席 */
  seat: string
}

/** CaptureView is what the agent asks the station to lay down. */
export interface CaptureView {
  /** of this request; a new request has a new id */
  id: string
  slot: string
  /** 身份证 */
  title: string
  side: Side
  /** why the last one must be shot again */
  hint?: string
  /** the resident pressed, the page is on its way */
  shooting: boolean
  /** Upload is the bearer token with which this one request may be answered over HTTP when no document channel opens (PROTOCOL.md, "Pages without a channel"). It dies with the request. */
  upload?: string
}

/** Side of a material. */
export type Side =
  | 'front'
  | 'back'
  | 'page'
export const sideValues: readonly Side[] = ['front', 'back', 'page']

/** SummaryView is what the resident takes away. */
export interface SummaryView {
  number: string
  /** PJ-261122-012, also in the QR */
  case: string
  matter: string
  /** "" until the agent finished */
  disposition: Disposition
  next_step: NextStep
  agent: string
  pages: number
  talk_ms: number
  ended: EndReason
}

/** EndReason says how a call ended. */
export type EndReason =
  | 'hang_up'
  | 'station_hang_up'
  | 'abandoned'
  | 'lost'
  | 'revoked'
  | 'callback'
  | 'cancelled'
  | 'refused'
  | 'missed'
export const endReasonValues: readonly EndReason[] = ['hang_up', 'station_hang_up', 'abandoned', 'lost', 'revoked', 'callback', 'cancelled', 'refused', 'missed']

/** StationState is the whole state of a station's page. */
export interface StationState {
  /** rises; an older one than shown is ignored */
  version: number
  state: KioskState
  now_ms: number
  station: Station
  open: boolean
  /** of today, "8:30–16:30", "" = closed all day */
  hours: string
  /** 0 while open */
  next_open_ms: number
  agents_free: number
  agents_on: number
  ticket?: TicketView
  /** from ringing on */
  agent?: AgentView
  /** begin of the present state */
  since_ms: number
  media?: MediaGrant
  gate_open: boolean
  /** the agent's desk is being waited for */
  agent_lost: boolean
  /** MediaLate: accepted a while ago, and sound or picture of a side has not come up. */
  media_late?: boolean
  capture?: CaptureView
  pages: PageView[]
  /** from the agent or the centre, "" = none */
  message: string
  summary?: SummaryView
  /** Ways are what the resident can do: in idle and closed when waiting is not the only one (Lack says why), and always while waiting. */
  ways?: Way[]
  lack?: Lack
  point?: PointView
  /** Scheduled are the call-backs and appointments of this station, by due time. */
  scheduled?: ScheduledView[]
  /** the agent holds the call */
  held_since_ms?: number
  /** who has joined the call */
  third?: AgentView
}

/** Message is any frame of a socket; id is the idempotency key of a command, re the id that is answered. */
export type Message =
  | { type: 'hello'; body: Hello; id?: string; re?: string }
  | { type: 'welcome'; body: Welcome; id?: string; re?: string }
  | { type: 'ok'; body: OK; id?: string; re?: string }
  | { type: 'error'; body: Error; id?: string; re?: string }
  | { type: 'bye'; body: Bye; id?: string; re?: string }
  | { type: 'node.drain'; body: NodeDrain; id?: string; re?: string }
  | { type: 'ping'; body: Ping; id?: string; re?: string }
  | { type: 'pong'; body: Pong; id?: string; re?: string }
  | { type: 'media.offer'; body: MediaOffer; id?: string; re?: string }
  | { type: 'media.restart'; body: MediaRestart; id?: string; re?: string }
  | { type: 'media.answer'; body: MediaAnswer; id?: string; re?: string }
  | { type: 'media.report'; body: MediaReport; id?: string; re?: string }
  | { type: 'ticket.take'; body: TicketTake; id?: string; re?: string }
  | { type: 'ticket.revise'; body: TicketRevise; id?: string; re?: string }
  | { type: 'ticket.leave'; body: TicketLeave; id?: string; re?: string }
  | { type: 'call.hang_up'; body: CallHangUp; id?: string; re?: string }
  | { type: 'capture.confirm'; body: CaptureConfirm; id?: string; re?: string }
  | { type: 'station.report'; body: StationReport; id?: string; re?: string }
  | { type: 'station.help'; body: StationHelp; id?: string; re?: string }
  | { type: 'station.reset'; body: StationReset; id?: string; re?: string }
  | { type: 'callback.take'; body: CallbackTake; id?: string; re?: string }
  | { type: 'booking.cancel'; body: BookingCancel; id?: string; re?: string }
  | { type: 'materials.leave'; body: MaterialsLeave; id?: string; re?: string }
  | { type: 'station.state'; body: StationState; id?: string; re?: string }
  | { type: 'agent.set'; body: AgentSet; id?: string; re?: string }
  | { type: 'offer.shown'; body: OfferShown; id?: string; re?: string }
  | { type: 'offer.accept'; body: OfferAccept; id?: string; re?: string }
  | { type: 'offer.decline'; body: OfferDecline; id?: string; re?: string }
  | { type: 'capture.ask'; body: CaptureAsk; id?: string; re?: string }
  | { type: 'capture.cancel'; body: CaptureCancel; id?: string; re?: string }
  | { type: 'slot.judge'; body: SlotJudge; id?: string; re?: string }
  | { type: 'station.say'; body: StationSay; id?: string; re?: string }
  | { type: 'call.finish'; body: CallFinish; id?: string; re?: string }
  | { type: 'wrapup.extend'; body: WrapUpExtend; id?: string; re?: string }
  | { type: 'ticket.pull'; body: TicketPull; id?: string; re?: string }
  | { type: 'call.hold'; body: CallHold; id?: string; re?: string }
  | { type: 'call.transfer'; body: CallTransfer; id?: string; re?: string }
  | { type: 'call.invite'; body: CallInvite; id?: string; re?: string }
  | { type: 'call.invite_end'; body: CallInviteEnd; id?: string; re?: string }
  | { type: 'call.hand_over'; body: CallHandOver; id?: string; re?: string }
  | { type: 'third.leave'; body: ThirdLeave; id?: string; re?: string }
  | { type: 'review.take'; body: ReviewTake; id?: string; re?: string }
  | { type: 'review.return'; body: ReviewReturn; id?: string; re?: string }
  | { type: 'booking.make'; body: BookingMake; id?: string; re?: string }
  | { type: 'desk.state'; body: DeskState; id?: string; re?: string }
  | { type: 'ticket.assign'; body: TicketAssign; id?: string; re?: string }
  | { type: 'ticket.reprioritise'; body: TicketReprioritise; id?: string; re?: string }
  | { type: 'message.send'; body: MessageSend; id?: string; re?: string }
  | { type: 'board'; body: Board; id?: string; re?: string }

export type MessageType = Message['type']
export type BodyOf<T extends MessageType> = Extract<Message, { type: T }>['body']
