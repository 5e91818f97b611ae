# A repository of three commits, and changes that are in none.
set -e
export GIT_AUTHOR_NAME=T GIT_AUTHOR_EMAIL=t@example.org GIT_COMMITTER_NAME=T GIT_COMMITTER_EMAIL=t@example.org
export GIT_AUTHOR_DATE='2024-01-01T00:00:00Z' GIT_COMMITTER_DATE='2024-01-01T00:00:00Z'
rm -r samples inputs
git init -q -b main
mkdir docs
printf 'one two three\n' > a.md
printf 'first line of what moves\nand its second line\n' > docs/old.md
printf 'goes away\n' > docs/gone.md
printf 'stays\n' > same.md
printf '\211PNG\0' > picture.png
cat > tokscope.toml <<'END'
tokenizer = "word:space"

[[budget]]
paths = ["**/*.md"]
max = 4
growth = "10%"
END
git add . && git commit -qm one
git mv docs/old.md docs/new.md
git rm -q docs/gone.md
printf 'one two three four five six\n' > a.md
printf 'new here\n' > b.txt
git add . && git commit -qm two
printf 'one\n' > a.md
printf 'not in git, and too long\n' > untracked.md
