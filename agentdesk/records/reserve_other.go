//go:build !linux

package records

import (
	"os"
	"syscall"
)

// allocate is not to be had here.
func allocate(*os.File, int64) error { return syscall.ENOSYS }
