package protocol

// TicketPull takes a waiting ticket out of turn: it is offered to the sender,
// who accepts it next. Refused with wrong_state and what stands in the way.
type TicketPull struct {
	Ticket string `json:"ticket"`
}

// Type names the message.
func (TicketPull) Type() string { return "ticket.pull" }

// CallHold begins or ends a hold: nothing passes in either direction, and both
// sides see it.
type CallHold struct {
	On bool `json:"on"`
}

// Type names the message.
func (CallHold) Type() string { return "call.hold" }

// CallTransfer gives the call away without a word to the next agent (cold): the
// ticket waits again at its own place, Agent or whoever serves Family is asked.
// One of the two at least is given.
type CallTransfer struct {
	Agent  string `json:"agent,omitempty"`  // asked first
	Family string `json:"family,omitempty"` // the skill needed from now on
	Reason string `json:"reason"`           // at most 120 characters
}

// Type names the message.
func (CallTransfer) Type() string { return "call.transfer" }

// Purpose is what somebody is in a call beside its owner and its resident.
type Purpose string

// Parts of a third person.
const (
	PurposeNone    Purpose = ""        // none: the call is his
	PurposeConsult Purpose = "consult" // asked before the call is handed over
	PurposeThird   Purpose = "third"   // talks with both, e.g. somebody of a department
)

// CallInvite rings at another agent, who is consulted or joins the call. There
// is one third person at a time.
type CallInvite struct {
	Agent   string  `json:"agent"`
	Purpose Purpose `json:"purpose"` // consult or third
}

// Type names the message.
func (CallInvite) Type() string { return "call.invite" }

// CallInviteEnd takes the invitation back, or ends the third person's part.
type CallInviteEnd struct{}

// Type names the message.
func (CallInviteEnd) Type() string { return "call.invite_end" }

// CallHandOver makes the third person, who has joined, the owner; pages,
// checklist and course stay with the call, and the sender is free.
type CallHandOver struct{}

// Type names the message.
func (CallHandOver) Type() string { return "call.hand_over" }

// ThirdLeave ends the sender's part as the third person of a call.
type ThirdLeave struct{}

// Type names the message.
func (ThirdLeave) Type() string { return "third.leave" }

// ReviewTake takes a pre-review in hand; call.finish ends it, review.return
// puts it back. It takes no seat: calls are offered all the same.
type ReviewTake struct {
	Ticket string `json:"ticket"`
}

// Type names the message.
func (ReviewTake) Type() string { return "review.take" }

// ReviewReturn puts a pre-review back at its place.
type ReviewReturn struct {
	Ticket string `json:"ticket"`
}

// Type names the message.
func (ReviewReturn) Type() string { return "review.return" }

// TicketKind is what a ticket asks for.
type TicketKind string

// Kinds of tickets. The words are those of package queue.
const (
	KindCall      TicketKind = "call"      // somebody stands there
	KindCallback  TicketKind = "callback"  // to be called back
	KindBooking   TicketKind = "booking"   // an appointment
	KindPreReview TicketKind = "prereview" // materials to be looked at without a call
)

// BookingMake makes a call-back or an appointment for a station.
type BookingMake struct {
	Station string     `json:"station"`
	Kind    TicketKind `json:"kind"` // callback or booking
	DueMS   int64      `json:"due_ms"`
	Matter  string     `json:"matter,omitempty"`
}

// Type names the message.
func (BookingMake) Type() string { return "booking.make" }

// CallbackTake is a press that does not wait at the station: the centre calls
// back. It is possible outside the opening hours; of a station that waits it
// takes the waiting ticket's place.
type CallbackTake struct {
	ConsentText string `json:"consent_text"`
	Lang        string `json:"lang"`
	DueMS       int64  `json:"due_ms"` // an appointment then; 0: a call-back at the next opening
}

// Type names the message.
func (CallbackTake) Type() string { return "callback.take" }

// BookingCancel takes a call-back or appointment of this station back.
type BookingCancel struct {
	Ticket string `json:"ticket"`
}

// Type names the message.
func (BookingCancel) Type() string { return "booking.cancel" }

// MaterialsLeave leaves the materials for a pre-review, without a call.
type MaterialsLeave struct {
	ConsentText string `json:"consent_text"`
	Lang        string `json:"lang"`
}

// Type names the message.
func (MaterialsLeave) Type() string { return "materials.leave" }

// TicketAssign offers a waiting ticket to an agent, out of turn.
type TicketAssign struct {
	Ticket string `json:"ticket"`
	Agent  string `json:"agent"`
	Reason string `json:"reason"` // at most 120 characters; stands in the audit trail
}

// Type names the message.
func (TicketAssign) Type() string { return "ticket.assign" }

// TicketReprioritise gives a ticket another priority, and with it another place.
type TicketReprioritise struct {
	Ticket   string `json:"ticket"`
	Priority int    `json:"priority"` // 0–3
	Reason   string `json:"reason"`   // at most 120 characters; stands in the audit trail
}

// Type names the message.
func (TicketReprioritise) Type() string { return "ticket.reprioritise" }

// MessageSend puts a sentence on the screen of a station that waits, or of all.
type MessageSend struct {
	Station string `json:"station"` // "" = everyone who waits now
	Text    string `json:"text"`    // at most 120 characters
}

// Type names the message.
func (MessageSend) Type() string { return "message.send" }

// Way is something that a resident can do instead of, or beside, waiting.
type Way string

// Ways, in the order in which they are listed.
const (
	WayWait      Way = "wait"
	WayCallback  Way = "callback"  // callback.take without a time
	WayBooking   Way = "booking"   // callback.take with a time
	WayMaterials Way = "materials" // materials.leave
	WayPoint     Way = "point"     // the nearest 24-hour point, in point
)

// Lack is why waiting is not, or not the only, way.
type Lack string

// Lacks.
const (
	LackNothing Lack = ""
	LackClosed  Lack = "closed" // outside the opening hours, or the station is out of service
	LackFull    Lack = "full"   // as many wait as the centre allows
	LackNobody  Lack = "nobody" // no agent is signed in
)

// PointView is the nearest place that is open at all hours.
type PointView struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Hours   string `json:"hours"`
}

// ScheduledView is a call-back or appointment as its station shows it.
type ScheduledView struct {
	Ticket string     `json:"ticket"`
	Number string     `json:"number"`
	Kind   TicketKind `json:"kind"`
	DueMS  int64      `json:"due_ms"`
}

// ScheduledRow is a call-back or appointment on desk and board, by due time.
type ScheduledRow struct {
	Ticket   string     `json:"ticket"`
	Number   string     `json:"number"`
	Kind     TicketKind `json:"kind"`
	Station  string     `json:"station"` // id
	Matter   string     `json:"matter"`
	Priority int        `json:"priority"`
	SinceMS  int64      `json:"since_ms"` // arrival
	DueMS    int64      `json:"due_ms"`
}

// ReviewRow is a pre-review: one that waits, or one in the agent's own hand.
type ReviewRow struct {
	Ticket   string `json:"ticket"`
	Epoch    int64  `json:"epoch"` // for call.finish
	Number   string `json:"number"`
	Station  string `json:"station"` // id
	Matter   string `json:"matter"`
	Priority int    `json:"priority"`
	SinceMS  int64  `json:"since_ms"` // arrival
	Mine     bool   `json:"mine"`     // in this agent's hand
}

// ColleagueView is another agent who is signed in, for transfer and invitation.
type ColleagueView struct {
	ID       string        `json:"id"`
	Name     string        `json:"name"`
	Seat     string        `json:"seat"`
	State    DeskStateName `json:"state"`
	Reason   string        `json:"reason,omitempty"` // of away
	Families []string      `json:"families"`         // of matters; empty = all
}

// ThirdState is how far an invitation is.
type ThirdState string

// States of a third person.
const (
	ThirdOffered ThirdState = "offered" // rings
	ThirdJoined  ThirdState = "joined"
)

// ThirdView is the third person of a call as the desks see him.
type ThirdView struct {
	Agent   string     `json:"agent"`
	Name    string     `json:"name"`
	Seat    string     `json:"seat"`
	Purpose Purpose    `json:"purpose"`
	State   ThirdState `json:"state"`
}

// Rule by which an agent was chosen for a ticket.
type Rule string

// Rules.
const (
	RuleOwn         Rule = "own"          // 本人包联站点
	RuleBackup      Rule = "backup"       // back-up of the 包联
	RuleTransferred Rule = "transferred"  // the call was transferred to this agent
	RuleLongestIdle Rule = "longest_idle" // idle for longest of those who can
	RuleAssigned    Rule = "assigned"     // by the supervisor
	RulePulled      Rule = "pulled"       // the agent took it
)

// WhyView explains one offer: why this agent, and who and what was passed over.
type WhyView struct {
	AtMS     int64  `json:"at_ms"`
	Agent    string `json:"agent"` // id
	Name     string `json:"name"`
	Rule     Rule   `json:"rule"`
	WaitedMS int64  `json:"waited_ms"` // of the ticket until then
	// Need are the skills (families) asked for then; empty: any agent.
	Need []string `json:"need"`
	Step int      `json:"step"` // widening steps done
	// Agents were not chosen; because is idle_later, not_asked, skills, excluded,
	// offer, call, wrapup, rona, away, lost or offline.
	Agents []WhyAgent `json:"agents"`
	// Ahead stood before in line, at most 20; because is hours, held, lost, skills,
	// excluded, or the rule when this agent could have had it.
	Ahead  []WhyTicket `json:"ahead"`
	AheadN int         `json:"ahead_n"` // how many there were in all
	// Result is accepted, declined, rona, undelivered or withdrawn; "" while it rings.
	Result string `json:"result"`
}

// WhyAgent is an agent who was not chosen.
type WhyAgent struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Because string `json:"because"`
}

// WhyTicket is a ticket that stood before and was not given.
type WhyTicket struct {
	Number  string `json:"number"` // "" when it is gone
	Because string `json:"because"`
}

// ForecastView is how good the promised waits were: Covered of Of residents who
// were told a band were served within its upper end (P80, so 80 % is right).
type ForecastView struct {
	Covered int `json:"covered"`
	Of      int `json:"of"`
	Left    int `json:"left"` // went before that time; they count for neither
}
