package capture

// Offer is a page as its sender announces it.
type Offer struct {
	Document ID `json:"-"`
}

// ID of a transfer.
type ID [16]byte
