// Package forecast says how long those who wait will still wait, and when it
// does not know. It has no I/O, no clock and no goroutine: the same [State] and
// [Options] give the same answer on every node.
//
// # How
//
// Averages of past waits are wrong for one to six seats: they look back, and a
// line of one lasts as long as one talk. So the real state is replayed forward
// [Options.Replays] times. In each replay
//
//   - a busy seat is free again after a residual time drawn from what its matter
//     took before, of those that took longer than the present one already has:
//     S − a | S > a. S is the time that a ticket holds a seat: answering, talk with
//     hold, wrap-up. A seat that writes up draws the rest of its wrap-up instead;
//   - a free seat takes the first ticket of the match order that it is able to
//     take: skills, excluded agents, the window of the own agent and its back-up,
//     widening steps; one ticket a seat;
//   - people ahead may give up: patience is exponential with the rate that was
//     observed ([Patience]);
//   - people who have not come yet may overtake by priority ([State.Overtaking]).
//
// The starts of a ticket over all replays are its distribution, from which P50 and
// P80 are read. Draws are stratified (a Latin hypercube; McKay, Beckman and Conover
// 1979), so few hundred replays do what thousands of plain ones would.
//
// # Service times
//
// [Durations] keeps the newest 200 of each matter, of each family and of the
// centre. With fewer than 30 of a matter the distribution is a mixture: n/30 of it
// is the matter's own, the rest the family's, by the same rule the centre's, and
// what is left a weak prior. A small share is a lognormal of the same mean and
// variance, for talks longer than any seen; the mean itself is uncertain by its
// standard error, which widens the band of a matter with a short history.
//
// # How good
//
// [Score] compares what was promised at admission with what happened. The test
// TestBenchmark holds this package against the delay history estimators of
// R. Ibrahim and W. Whitt, "Real-Time Delay Estimation Based on Delay History",
// Manufacturing & Service Operations Management 11(3), 2009 (HOL: the age of the
// head of the line; LES: the wait of the last to enter service), against the
// queue-length estimator QL = (q+1)/(s·μ) of the same paper and against the moving
// average of Asterisk's app_queue, h ← (3h + wait)/4.
package forecast
