// Loads docker-compose.yml with the implementation that Compose itself is made of, and prints what it came to as JSON.
//
//	go run . PROJECT_FOLDER [PROFILE ...]
//
// Without a profile, COMPOSE_PROFILES of the folder's .env decides, as for `docker compose up`.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: compose_check PROJECT_FOLDER [PROFILE ...]")
		os.Exit(2)
	}
	folder := os.Args[1]
	options, err := cli.NewProjectOptions(
		[]string{filepath.Join(folder, "docker-compose.yml")},
		cli.WithWorkingDirectory(folder),
		cli.WithEnvFiles(),
		cli.WithDotEnv,
		cli.WithDefaultProfiles(os.Args[2:]...),
		cli.WithConsistency(true),
		cli.WithNormalization(true),
	)
	fail(err)
	project, err := options.LoadProject(context.Background())
	fail(err)
	json, err := project.MarshalJSON()
	fail(err)
	fmt.Println(string(json))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
