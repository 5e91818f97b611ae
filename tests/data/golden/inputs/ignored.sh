# A folder in which some files are ignored.
mkdir -p folder/sub
printf '*.log\nsub/\n' > folder/.gitignore
printf 'kept' > folder/kept.txt
printf 'ignored' > folder/a.log
printf 'ignored too' > folder/sub/b.txt
printf 'hidden' > folder/.hidden
