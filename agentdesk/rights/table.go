package rights

// Faces with a log-in, as the rows name them.
const (
	desk  = "desk"
	board = "board"
	admin = "admin"
)

// table is the whole of the rights. Nothing else decides who may do what.
var table = []Row{
	// pages
	public("GET /{$}"),
	public("GET /index.css"),
	public("GET /kiosk"),
	public("GET /desk"),  // shows the log-in
	public("GET /board"), // shows the log-in
	public("GET /admin"), // shows the log-in
	public("GET /assets/{file...}"),
	public("GET /{file}"),
	public("GET /clips/{file...}"),

	// log-in and what everyone may know
	public("POST /api/login"),
	public("POST /api/logout"), // ends only the session of the cookie
	public("GET /api/catalogue"),
	public("GET /api/info"),
	public("/api/"), // 404

	// stations: a code or a signature in the body is checked there
	public("POST /api/station/enrol"),
	public("POST /api/station/challenge"),
	public("POST /api/station/socket"),
	public("POST /api/station/rotate"),
	{Operation: "GET /api/station/pages/{id}", Proof: ByToken, Allow: of(Own, Station)},
	{Operation: "PUT /api/station/pages/{id}", Proof: ByToken, Allow: of(Own, Station)},

	// agents
	at(desk, "GET /api/desk/me", of(None, Agent)),
	at(desk, "POST /api/desk/socket", of(None, Agent)),
	at(desk, "GET /api/desk/pages/{id}", of(Own, Agent)),

	// supervisors
	at(board, "GET /api/board/me", of(None, Supervisor, Admin)),
	at(board, "POST /api/board/socket", of(None, Supervisor, Admin)),

	// both: the answer is about tickets that whoever asks may see, and 404 of others
	at(desk+" "+board, "GET /api/tickets/{id}/why", of(None, Agent, Supervisor, Admin)),

	// administrators
	at(admin, "GET /api/admin/me", of(None, Admin)),
	at(admin, "GET /api/admin/people", of(None, Admin)),
	at(admin, "POST /api/admin/people", of(None, Admin)),
	at(admin, "PUT /api/admin/people/{login}", of(None, Admin)),
	at(admin, "POST /api/admin/people/{login}/password", of(None, Admin)),
	at(admin, "GET /api/admin/stations", of(None, Admin)),
	at(admin, "PUT /api/admin/stations/{id}", of(None, Admin)),
	at(admin, "POST /api/admin/stations/{id}/code", of(None, Admin)),
	at(admin, "DELETE /api/admin/stations/{id}/keys", of(None, Admin)),
	at(admin, "PUT /api/admin/affinity", of(None, Admin)),
	at(admin, "GET /api/admin/hours", of(None, Admin)),
	at(admin, "PUT /api/admin/hours", of(None, Admin)),
	at(admin, "GET /api/admin/numbers", of(None, Admin)),
	at(admin, "PUT /api/admin/numbers", of(None, Admin)),
	at(admin, "GET /api/admin/matters", of(None, Admin)),
	at(admin, "PUT /api/admin/matters/{id}", of(None, Admin)),
	at(admin, "GET /api/admin/audit", of(None, Admin)),
	at(admin, "POST /api/admin/audit/verify", of(None, Admin)),
	at(admin, "GET /api/admin/export/{kind}", of(None, Admin)),
	at(admin, "POST /api/admin/import/{kind}", of(None, Admin)),

	// operation of the node
	public("GET /ws"), // the first message carries a ticket
	public("GET /healthz"),
	public("GET /readyz"),
	{Operation: "GET /metrics", Proof: ByAddress, Allow: of(None, Roles...)},
	public("/"), // 404

	// sockets of all
	message("hello", of(None, Station, Agent, Supervisor, Admin)),
	message("ping", of(None, Station, Agent, Supervisor, Admin)),

	// media of one's own call
	message("media.offer", of(None, Station, Agent)),
	message("media.restart", of(None, Station, Agent)),
	message("media.report", of(None, Station, Agent)),

	// stations: what they say is about themselves and their own ticket
	message("ticket.take", of(None, Station)),
	message("ticket.revise", of(None, Station)),
	message("ticket.leave", of(None, Station)),
	message("capture.confirm", of(None, Station)),
	message("station.report", of(None, Station)),
	message("station.help", of(None, Station)),
	message("station.reset", of(None, Station)),
	message("callback.take", of(None, Station)),
	message("materials.leave", of(None, Station)),
	message("booking.cancel", of(Own, Station)),
	message("call.hang_up", of(None, Station, Agent)),

	// agents: themselves and the call at their desk
	message("agent.set", of(None, Agent)),
	message("capture.ask", of(None, Agent)),
	message("capture.cancel", of(None, Agent)),
	message("slot.judge", of(None, Agent)),
	message("station.say", of(None, Agent)),
	message("wrapup.extend", of(None, Agent)),
	message("call.hold", of(None, Agent)),
	message("call.transfer", of(None, Agent)),
	message("call.invite", of(None, Agent)),
	message("call.invite_end", of(None, Agent)),
	message("call.hand_over", of(None, Agent)),
	message("third.leave", of(None, Agent)),
	message("booking.make", of(None, Agent)),

	// agents: what waits is everyone's
	message("ticket.pull", of(None, Agent)),
	message("review.take", of(None, Agent)),

	// agents: a ticket that they name
	message("offer.shown", of(Own, Agent)),
	message("offer.accept", of(Own, Agent)),
	message("offer.decline", of(Own, Agent)),
	message("call.finish", of(Own, Agent)),
	message("review.return", of(Own, Agent)),

	// supervisors: the line of the whole centre
	message("ticket.assign", of(None, Supervisor)),
	message("ticket.reprioritise", of(None, Supervisor)),
	message("message.send", of(None, Supervisor)),

	// what only the server says
	message("welcome", nil),
	message("ok", nil),
	message("error", nil),
	message("bye", nil),
	message("node.drain", nil),
	message("pong", nil),
	message("media.answer", nil),
	message("station.state", nil),
	message("desk.state", nil),
	message("board", nil),
}

// public lets everyone in.
func public(route string) Row { return Row{Operation: route, Allow: of(None, Roles...)} }

// at asks for a log-in at a face.
func at(face, route string, allow map[Ownership][]Role) Row {
	return Row{Operation: route, Proof: BySession, Face: face, Allow: allow}
}

// message is one a client sends over its socket.
func message(name string, allow map[Ownership][]Role) Row {
	return Row{Operation: name, Proof: BySocket, Allow: allow}
}

func of(own Ownership, roles ...Role) map[Ownership][]Role { return map[Ownership][]Role{own: roles} }
