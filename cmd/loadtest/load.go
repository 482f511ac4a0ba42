package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// ticksPerSecond is USER_HZ, which Linux fixes at 100 for /proc on every
// architecture that Go runs on (proc(5)).
const ticksPerSecond = 100

// window is what the machine did between begin and end of the talk.
type window struct {
	pid                      int
	elapsed                  time.Duration
	packets                  int64 // received in it
	cpu, own, stolen         time.Duration
	rss                      int64
	begin                    time.Time
	packets0                 int64
	cpu0, own0, stolenBefore time.Duration
}

func openWindow(pid int, packets int64) (*window, error) {
	w := &window{pid: pid, begin: time.Now(), packets0: packets}
	var err error
	if w.cpu0, w.own0, w.stolenBefore, err = w.read(); err != nil {
		return nil, err
	}
	return w, nil
}

// close ends the window and reads the memory.
func (w *window) close(packets int64) error {
	w.elapsed, w.packets = time.Since(w.begin), packets-w.packets0
	cpu, own, stolen, err := w.read()
	if err != nil {
		return err
	}
	w.cpu, w.own, w.stolen = cpu-w.cpu0, own-w.own0, stolen-w.stolenBefore
	if w.pid == 0 {
		return nil
	}
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", w.pid))
	if err != nil {
		return fmt.Errorf("memory of the server: %w", err)
	}
	w.rss, err = parseRSS(string(statm), os.Getpagesize())
	return err
}

func (w *window) read() (cpu, own, stolen time.Duration, err error) {
	if w.pid != 0 {
		if cpu, err = cpuOf(strconv.Itoa(w.pid)); err != nil {
			return 0, 0, 0, err
		}
	}
	if own, err = cpuOf("self"); err != nil {
		return 0, 0, 0, err
	}
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, 0, fmt.Errorf("stolen time: %w", err)
	}
	stolen, err = parseSteal(string(stat))
	return cpu, own, stolen, err
}

func cpuOf(process string) (time.Duration, error) {
	stat, err := os.ReadFile("/proc/" + process + "/stat")
	if err != nil {
		return 0, fmt.Errorf("CPU of process %s: %w", process, err)
	}
	return parseCPU(string(stat))
}

// parseCPU returns user and system time from /proc/PID/stat. The name of the
// program may hold spaces and brackets, so counting begins after the last one.
func parseCPU(stat string) (time.Duration, error) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/PID/stat has %d fields behind the name", len(fields))
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("/proc/PID/stat: times %q %q", fields[11], fields[12])
	}
	return time.Duration(user+system) * time.Second / ticksPerSecond, nil
}

// parseSteal returns the time that the hypervisor gave to others, of all cores.
func parseSteal(stat string) (time.Duration, error) {
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0, fmt.Errorf("/proc/stat: first line %q", line)
	}
	ticks, err := strconv.ParseInt(fields[8], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("/proc/stat: steal %q", fields[8])
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond, nil
}

func parseRSS(statm string, page int) (int64, error) {
	fields := strings.Fields(statm)
	if len(fields) < 2 {
		return 0, fmt.Errorf("/proc/PID/statm: %q", statm)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("/proc/PID/statm: resident %q", fields[1])
	}
	return pages * int64(page), nil
}

func (w *window) server() server {
	if w.pid == 0 || w.elapsed <= 0 {
		return server{}
	}
	s := server{CPUPercent: percent(w.cpu, w.elapsed), RSS: w.rss}
	if w.packets > 0 {
		s.CPUPerPacket = float64(w.cpu.Microseconds()) / float64(w.packets)
	}
	return s
}

func (w *window) generator() generator {
	return generator{CPUPercent: percent(w.own, w.elapsed), StealPercent: percent(w.stolen, w.elapsed)}
}

func percent(part, whole time.Duration) float64 {
	if whole <= 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}
