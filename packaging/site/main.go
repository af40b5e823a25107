// Site makes a small site of the documentation: pages that read without
// JavaScript, fonts or anything else from elsewhere, in the folders of the
// Markdown files that they are made of. It fails if a page is missing in the
// navigation, or a link leads nowhere.
//
//	site REPOSITORY OUT
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: site REPOSITORY OUT")
		os.Exit(2)
	}
	if err := build(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintf(os.Stderr, "site: %v\n", err)
		os.Exit(1)
	}
}

// section is a heading of the navigation, in each language.
type section struct {
	title map[string]string
	pages []entry
}

// entry is a page of the navigation. A page that is written in one language
// stands in the navigation of both.
type entry struct {
	files map[string]string // language to Markdown file, "en" always
	title map[string]string
}

func in(en, nl string) map[string]string { return map[string]string{"en": en, "nl": nl} }

func onlyEnglish(file string) map[string]string { return map[string]string{"en": file} }

// navigation is the order in which people read.
var navigation = []section{
	{in("Sleutelbord", "Sleutelbord"), []entry{
		{onlyEnglish("README.md"), in("What it is", "Wat het is")},
		{onlyEnglish("CHANGELOG.md"), in("Changes", "Wijzigingen")},
	}},
	{in("At the desk", "Aan de balie"), []entry{
		{in("docs/first-day.md", "docs/nl/eerste-dag.md"), in("Your first day", "Uw eerste dag")},
		{in("docs/troubleshooting.md", "docs/nl/problemen.md"), in("Troubleshooting", "Problemen")},
	}},
	{in("Looking after the keys", "De sleutels bewaren"), []entry{
		{in("docs/custodian.md", "docs/nl/beheerder.md"), in("The custodian's handbook", "Handboek sleutelbeheerder")},
		{onlyEnglish("docs/install.md"), in("Installing", "Installeren")},
		{onlyEnglish("docs/operations.md"), in("Operations", "Bedrijf en techniek")},
		{onlyEnglish("docs/command.md"), in("The commands", "De opdrachten")},
	}},
	{in("For residents and officers", "Voor bewoners en toezicht"), []entry{
		{onlyEnglish("docs/privacy.md"), in("What is kept", "Wat er wordt bewaard")},
		{onlyEnglish("docs/why-no-log.md"), in("Why there is no log", "Waarom er geen log is")},
	}},
	{in("For makers of locks", "Voor makers van sloten"), []entry{
		{onlyEnglish("docs/lock.md"), in("The lock and the bundle", "Het slot en het pakket")},
		{onlyEnglish("docs/tag.md"), in("The tag", "De tag")},
	}},
	{in("For developers", "Voor ontwikkelaars"), []entry{
		{onlyEnglish("docs/design.md"), in("How it is built", "Hoe het is gebouwd")},
		{onlyEnglish("docs/testing.md"), in("How it is tested", "Hoe het is getest")},
		{onlyEnglish("CONTRIBUTING.md"), in("Contributing", "Meewerken")},
		{onlyEnglish("SECURITY.md"), in("Security", "Beveiliging")},
	}},
}

// languages are those of the navigation.
var languages = []string{"en", "nl"}
