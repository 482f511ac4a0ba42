package client

// Inbox collects the pages that an agent receives.
type Inbox struct{}

func (m *Media) endPages() {}
