package forecast

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// grid is Poisson and bursty arrivals × three services × one to six seats.
func grid(clients int) []scenario {
	var list []scenario
	for _, a := range arrivals {
		load := 0.85
		if a.name == "bursty" {
			load = 0.7
		}
		for _, service := range services {
			for seats := 1; seats <= 6; seats++ {
				list = append(list, scenario{
					name:  a.name + ", " + service.name,
					seats: func() []*simSeat { return staff(make([][]string, seats)) },
					clients: func(rng *rand.Rand) []*client {
						var list []*client
						for _, at := range a.draw(rng, clients+warmUp, meanService/load/float64(seats)) {
							list = append(list, newClient(at, service.draw(rng, meanService)))
						}
						return list
					},
				})
			}
		}
	}
	return list
}

func staff(skills [][]string) []*simSeat {
	var seats []*simSeat
	for i, s := range skills {
		seats = append(seats, &simSeat{id: fmt.Sprint("a", i), skills: s})
	}
	return seats
}

func newClient(at int64, service float64) *client {
	total := max(int64(service), 1)
	return &client{arrives: at, talk: total - total/8, wrapUp: total / 8, started: -1}
}

// centres has four agents with overlapping skills, three families of twelve
// matters, own agents, priorities and people who give up.
func centres(clients int) []scenario {
	full := scenario{
		name: "everything",
		seats: func() []*simSeat {
			return staff([][]string{{"medical", "pension"}, {"medical", "relief"}, {"pension", "relief"}, nil})
		},
		clients: func(rng *rand.Rand) []*client { return residents(rng, clients) },
	}
	noPatience := full
	noPatience.name = "… told nothing of who gives up"
	noPatience.change = func(s *State) { s.Patience = nil }
	patient := full
	patient.name = "nobody gives up"
	patient.clients = func(rng *rand.Rand) []*client {
		list := residents(rng, clients)
		for _, c := range list {
			c.patience = 0
		}
		return list
	}
	noOvertaking := patient
	noOvertaking.name = "… told nothing of who may overtake"
	noOvertaking.change = func(s *State) { s.Overtaking = nil }
	breaks := full
	breaks.name = "… and breaks nobody announced"
	breaks.pause = func(rng *rand.Rand) int64 {
		if rng.Float64() < 0.5 {
			return 0
		}
		return 60_000 + rng.Int64N(5*60_000)
	}
	learning := breaks
	learning.name = "… and breaks, level learnt"
	learning.learn = true
	return []scenario{full, noPatience, patient, noOvertaking, breaks, learning}
}

func residents(rng *rand.Rand, n int) []*client {
	families := []string{"medical", "pension", "relief"}
	var list []*client
	for i, at := range arrivals[1].draw(rng, n+warmUp, meanService/0.75/4) {
		number := rng.IntN(12)
		// Means from 3 to 14 minutes; the last matter of a family is rare.
		c := newClient(at, services[i%2+1].draw(rng, (3+float64(number))*60_000))
		c.family, c.matter = families[number%3], fmt.Sprint("m", number)
		c.skills = []string{c.family}
		if rng.Float64() < 0.5 {
			c.affinity = fmt.Sprint("a", rng.IntN(4))
		}
		if rng.Float64() < 0.3 {
			c.priority = 1 + rng.Int64N(3)
		}
		c.patience = int64(30 * 60_000 * math.Exp(0.8*rng.NormFloat64()))
		list = append(list, c)
	}
	return list
}
