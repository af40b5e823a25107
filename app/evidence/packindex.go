package evidence

import (
	"bytes"
	"html/template"
	"maps"
	"path"
	"slices"
	"strings"

	"sleutelbord/app/paper"
)

// verifying are the commands by which anybody verifies a pack.
const verifying = "openssl pkeyutl -verify -pubin -inkey site.pem -rawin -in SHA256SUMS -sigfile SHA256SUMS.sig\nsha256sum --check --strict SHA256SUMS"

// described is a file of a pack with what it is.
type described struct{ Name, What string }

// describe says what the files of a pack are, in the order of reading.
func (p *Pack) describe(w writer) []described {
	order := []string{"record", "annex", "evaluation", "journal", "places", "rollouts", "erasures", "changes", "receipt", "site"}
	rank := func(name string) int {
		for i, o := range order {
			if strings.HasPrefix(name, o) {
				return i
			}
		}
		return len(order)
	}
	names := slices.Sorted(maps.Keys(p.Files))
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	var all []described
	for _, name := range names {
		key := "pack.key"
		if name != keyFile {
			base, _, _ := strings.Cut(strings.TrimSuffix(name, path.Ext(name)), "-")
			key = "pack." + base
		}
		all = append(all, described{name, w.t(key)})
	}
	return all
}

// index writes the page that leads through a pack, for a browser and on paper.
func (p *Pack) index(lang string) error {
	w := officeWords(lang)
	files := p.describe(w)
	d := w.begin(p.Head, w.t("pack.title"), w.t("pack.kicker"), false)
	below := w.t("pack.below", "site", p.Site, "day", w.Date(p.Day))
	d.Title(below)
	d.Heading(w.t("pack.files"))
	var rows [][]string
	for _, f := range files {
		rows = append(rows, []string{f.Name, f.What})
	}
	d.Table([]paper.Column{{Head: w.t("pack.file"), Share: 0.3}, {Head: w.t("pack.what"), Share: 0.7}}, rows)
	d.Heading(w.t("pack.verify"))
	d.Text(w.t("pack.verify.text", "version", int(p.Version)))
	d.Box(paper.Plain, "", verifying)
	d.Text(w.t("pack.verify.key", "fingerprint", p.Fingerprint))
	d.Heading(w.t("pack.limits"))
	d.Text(w.t("pack.limits.text"))
	pdf, err := d.Bytes()
	if err != nil {
		return err
	}
	p.Files["index.pdf"] = pdf
	var page bytes.Buffer
	err = indexPage.Execute(&page, map[string]any{
		"Lang": w.Lang(), "Title": w.t("pack.title"), "Kicker": w.t("pack.kicker"), "Below": below,
		"FilesHead": w.t("pack.files"), "File": w.t("pack.file"), "What": w.t("pack.what"), "Files": files,
		"VerifyHead": w.t("pack.verify"), "Verify": w.t("pack.verify.text", "version", int(p.Version)), "Commands": verifying,
		"Key":        w.t("pack.verify.key", "fingerprint", p.Fingerprint),
		"LimitsHead": w.t("pack.limits"), "Limits": w.t("pack.limits.text"),
	})
	if err != nil {
		return err
	}
	p.Files["index.html"] = page.Bytes()
	return nil
}

// indexPage asks nothing of the network and runs no script.
var indexPage = template.Must(template.New("index").Parse(`<!DOCTYPE html>
<html lang="{{.Lang}}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{.Title}}</title>
<style>
body { font: 17px/1.55 Inter, system-ui, sans-serif; color: #17282c; background: #f5f2ec; margin: 0 }
main { max-width: 44rem; margin: 0 auto; padding: 3rem 1.5rem; background: #fff; min-height: 100vh; box-sizing: border-box }
.kicker { color: #0d626c; font-weight: 600; font-size: .8rem; letter-spacing: .04em; text-transform: uppercase; margin: 0 }
h1 { font-size: 1.9rem; line-height: 1.2; margin: .2rem 0 .5rem } h2 { color: #0d626c; font-size: 1.15rem; margin: 2.2rem 0 .6rem }
.below { color: #526064; margin: 0 } a { color: #0d626c }
table { border-collapse: collapse; width: 100% } th { text-align: left; color: #0d626c; border-bottom: 2px solid #0d626c }
td, th { padding: .4rem .6rem .4rem 0; vertical-align: top } td { border-bottom: 1px solid #e3ddd1 }
pre { background: #e7f0f0; border-left: 4px solid #0d626c; padding: .8rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85rem }
</style>
<main>
<p class="kicker">{{.Kicker}}</p>
<h1>{{.Title}}</h1>
<p class="below">{{.Below}}</p>
<h2>{{.FilesHead}}</h2>
<table>
<tr><th scope="col">{{.File}}</th><th scope="col">{{.What}}</th></tr>
{{range .Files}}<tr><td><a href="{{.Name}}">{{.Name}}</a></td><td>{{.What}}</td></tr>
{{end}}</table>
<h2>{{.VerifyHead}}</h2>
<p>{{.Verify}}</p>
<pre>{{.Commands}}</pre>
<p>{{.Key}}</p>
<h2>{{.LimitsHead}}</h2>
<p>{{.Limits}}</p>
</main>
</html>
`))
