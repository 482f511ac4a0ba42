// Package netns gives a test a network of its own: two Linux network
// namespaces joined by a pair of virtual Ethernet devices, so that packets
// can be dropped, links cut and addresses changed without touching the
// machine's network.
//
// A test calls Enter first. Outside, Enter builds the namespaces, runs the
// same test of the same binary inside the server's namespace and takes its
// outcome over; inside, it returns the Pair. Whatever is to run in the
// client's namespace is a process of its own (Pair.Command): no thread ever
// changes its namespace. Everything is deleted when the test ends, and what
// killed test processes left is deleted by the next.
//
// It needs root, the ip command and, to drop packets, nft. Without them a
// test fails and says so.
//
// The same network by hand, for a browser:
//
//	ip netns add S; ip netns add C
//	ip link add rw0 netns S type veth peer name rw0 netns C
//	ip -n S addr add 10.77.0.1/24 dev rw0; ip -n C addr add 10.77.0.2/24 dev rw0
//	for n in S C; do ip -n $n link set lo up; ip -n $n link set rw0 up; done
//	ip netns exec S bin/remotewindow serve ...       # on 10.77.0.1
//	ip netns exec C chromium ...                     # opens http://10.77.0.1:8080
//	ip netns exec C nft -f - <<< 'table inet rw { chain out { type filter hook output priority 0; meta l4proto udp drop; } chain in { type filter hook input priority 0; meta l4proto udp drop; } }'
//	ip -n C addr del 10.77.0.2/24 dev rw0; ip -n C addr add 10.77.0.9/24 dev rw0
//	ip -n C link set rw0 down; ip -n C link set rw0 up
//	ip netns del S; ip netns del C
package netns
