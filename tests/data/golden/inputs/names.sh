# Files whose names a terminal or a browser might obey.
mkdir odd
printf 'one' > "odd/$(printf 'red\033[31m')"
printf 'two words' > 'odd/[bold]<b>|'
printf '' > 'odd/ spaced  '
printf 'three little words' > "odd/$(printf 'line\nfeed')"
