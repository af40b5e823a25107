//go:build !windows

package sound

import (
	"context"
	"os/exec"
)

// players are programs that play a file, and what they want to be told first:
// that of PipeWire, of PulseAudio, of macOS, of ALSA.
var players = [][]string{{"pw-play"}, {"paplay"}, {"afplay"}, {"aplay", "-q"}}

// ways are those of the players that are installed.
func ways() []way {
	var all []way
	for _, command := range players {
		path, err := exec.LookPath(command[0])
		if err != nil {
			continue
		}
		all = append(all, way{file: true, play: func(ctx context.Context, _ Kind, file string) error {
			return exec.CommandContext(ctx, path, append(command[1:len(command):len(command)], file)...).Run()
		}})
	}
	return all
}
