// Package documents keeps captured pages sealed on disk.
//
// A page is written while it travels: the SFU hands over chunk after chunk,
// and the store hashes and seals them as they come. Nothing readable ever
// touches the disk, and nothing half written is ever visible: a page exists
// from the moment its key file is renamed into place, not before.
//
// Keys form a chain. Each page has its own random key. It is wrapped by the
// key of its case, and that by the newest key of the installation's key ring
// (KeyRing, one file of mode 0600). Deleting a page removes its wrapped key
// first and the bytes after; deleting a case removes the case's key first,
// which makes every page of it unreadable at once. Each sealed object begins
// with a header that names its algorithm and the id of the key that opens it.
//
// On disk, below Options.Dir:
//
//	{centre}/{ticket}/case.key            key of the case, wrapped by the ring
//	{centre}/{ticket}/{page}.key          key and description of a page, wrapped by the case's key
//	{centre}/{ticket}/{page}.page         the page in sealed segments of 64 KiB
//	{centre}/{ticket}/{page}.{sha256}.part, .partkey    a page on its way
//
// The store owns these files and no others. Who may open a page and the audit
// row for it are the caller's affair.
package documents
