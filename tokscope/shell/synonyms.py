"""Other words for commands and options, as other tools and people call them."""


def _by_word(words: dict[str, str]) -> dict[str, list[str]]:
    """Turn a table of what is meant, with the words for it, into one of words.

    Example: _by_word({"fit or list": "limits"}) -> {"limits": ["fit", "list"]}
    """
    return {word: meant.split(" or ") for meant, several in words.items() for word in several.split()}


COMMAND_SYNONYMS = _by_word(
    {
        "agree": "agrees equal match same",
        "bench": "benchmark perf speed time",
        "bpe": "byte-level bytelevel vocabulary-bpe",
        "chars": "letter letters spell spelling",
        "chars --tasks 5": "exercise exercises homework puzzle quiz quizzes task tasks",
        "chat": "ask conversation message messages prompt",
        "check": "audit budget budgets ci enforce gate lint test validate",
        "check or init": "policy rule rules",
        "check or truncate": "limit",
        "chunk": "divide rag section",
        "chunk or truncate": "slice",
        "compare": "compression efficiency lang language languages rank ratio vs",
        "compare --plot or stats --plot or split": "chart draw graph plot",
        "corpus": "corpora dataset datasets",
        "corpus count": "parquet",
        "corpus sample": "shuffle subset",
        "count": "dir du files folder len length pack repo scan size top tree wc words",
        "count or bench": "measure",
        "count or fit": "estimate",
        "count or help": "usage",
        "count or split": "token tokens",
        "count or stats": "summary",
        "decode": "detokenize",
        "diff": "bisect changed changes delta git",
        "encode": "convert ids ids-of token-ids",
        "encode or weights": "embed",
        "entropy or neural": "blt",
        "fit": "bill billing context cost costs dollars fits money price prices pricing usd window",
        "fit or list --models": "windows",
        "help": "man manual",
        "help or samples": "demo first-steps getting-started intro quickstart start tour tutorial",
        "help or split or trace": "lesson teach teaching",
        "init": "config setup",
        "init or train bpe": "create generate new",
        "--install-completion": "completion install",
        "list": "info ls tokenizers",
        "list --models": "model models",
        "list --models or check": "limits",
        "list or bpe": "tokenizer",
        "list or vocab": "special",
        "play": "dashboard explore gui interactive playground repl serve tui ui watch web",
        "samples": "sample",
        "samples or help": "example examples",
        "split": "cat color colorize colour highlight html print view visualise visualize",
        "split -o": "export picture svg",
        "split or chunk": "segment",
        "split or encode": "tokenise tokenize",
        "split or list": "show",
        "split or trace": "inspect",
        "stats": "distribution entropies freq frequencies frequency histogram stat zipf",
        "stats or check": "report",
        "stats or compare": "analyse analyze",
        "trace": "explain merge merges normalise normalize pretokenize pretokenizer step steps why",
        "train": "finetune learn",
        "truncate": "shorten tail trim truncation",
        "truncate or attention": "head",
        "truncate or split": "cut",
        "unigram": "sentencepiece",
        "verify": "api verify-api",
        "--version": "version",
        "vocab": "find grep lookup search",
        "vocab or bpe": "vocabulary",
        "vocab or encode": "id",
        "vq": "codebook vqvae",
        "weights attention or attention or truncate": "heads",
        "weights glitch or glitch": "glitches untrained unused",
        "weights letters or letters": "probe",
        "weights positions or positions": "pos position rope",
        "weights rows or rows": (
            "embedding embeddings nearest neighbors neighbours similar similarity tensor tensors vector "
            "vectors"
        ),
    }
)
"""Other words for commands, as the commands of other tools are called; those are offered that there are."""

OPTION_SYNONYMS = _by_word(
    {
        "--base": "--cached --changed --modified --since --staged",
        "--base or tokscope diff": "--changes --diff --git-diff",
        "--budget": (
            "--capacity --chunk-size --context-size --context-window --error-over --fail-above --fail-on "
            "--fail-over --length --max-size --max-tokens --over --threshold --to"
        ),
        "--budget or --overlap": "--window",
        "--budget or --pad-to": "--max-length",
        "--budget or --top": "--limit --max",
        "--budget or tokscope split": "--tokens",
        "--by": "--group-by",
        "--by dir": "--depth --dirs --folders --max-depth --per-dir --token-count-tree --tree -L",
        "--by file or --by": "--per-file",
        "--by or --boundary": "--delimiter --sep --separator --split-by --split-on --strategy",
        "--color": "--colored",
        "--color never": "--no-color --no-colour --nocolor",
        "--color or --format": "-c",
        "--config": "--config-file --rule",
        "--convert": "--docx --extract --html-text",
        "--encoding or --tokenizer": "-e",
        "--dry-run": "--check --print --stdout",
        "--exclude": "--ignore-pattern --skip --type-not -T",
        "--exclude or --no-ignore": "--ignore",
        "--exit-zero": "--dry-run --no-fail --warn-only",
        "--field": "--column --columns --jq --json-path --jsonpath --key --path-expression",
        "--format csv": "--csv",
        "--format html or --output": "--html",
        "--format json": "--json --yaml",
        "--format md": "--markdown",
        "--format ndjson": "--jsonl --jsonlines --ndjson",
        "--format or --files-from": "-f",
        "--format plain": "--plain --raw --tsv",
        "--format svg or --output": "--svg",
        "--format table": "--pretty --table",
        "--github": "--actions --ci --github-actions --workflow",
        "--grep": "--search",
        "--grep or --include": "-g",
        "--hidden": "--dotfiles -.",
        "--hidden or --no-ignore": "-a",
        "--ids": "--show-ids -d",
        "--ignore-case": "-i",
        "--include": "--dir --files-with --glob --iglob --include-pattern --only-files --pattern --type",
        "--include or --by ext": "--ext --extension",
        "--include or --grep": "--filter",
        "--json or --workers": "-j",
        "--keep head": "--right --start",
        "--keep tail": "--end --from-end --last --left --reverse --tail",
        "--letter": "--letters -l",
        "--marker": "--ellipsis --suffix",
        "--model": "--models",
        "--no-ignore or --hidden": (
            "--all --no-default-patterns --no-gitignore --no-vcs-ignore --unrestricted -u -uu -uuu"
        ),
        "--output": "--out --save",
        "--outputs": "--cells --notebook",
        "--overlap": "--chunk-overlap",
        "--overlap or --budget": "--context",
        "--plot": "--bars --chart --graph --histo --histogram --zipf",
        "--output-file or --output": "--report",
        "--pre-commit": "--hook",
        "--quiet": "--silent",
        "--runs": "--repeat",
        "--script or --by file": "--lang --language --languages",
        "--sort": "--order --order-by --sort-by",
        "--sort or --text": "-s",
        "--special": "--add-special-tokens --allow-special --allowed-special --bos",
        "--tasks or tokscope chars --tasks 5": "--exercise --exercises --questions --quiz",
        "--text": "--content --prompt --string",
        "--text or --plot": "-p",
        "--token": "--nearest --neighbors --neighbours --similar",
        "--tokenizer": "--encoding-name",
        "--tokenizer or --base": "--model --tokenizer -m -t",
        "--tokenizer byte": "--byte --bytes",
        "--tokenizer char": "--char --characters --chars",
        "--tokenizer word": "--word --words",
        "--update-baseline": "--accept --backlog --baseline",
        "tokscope chat": "--chat --messages",
        "tokscope check --format github": "--github",
        "tokscope check --format gitlab": "--gitlab",
        "tokscope check --format junit": "--junit",
        "tokscope check --format sarif": "--sarif",
        "tokscope encode or tokscope split --ids": "--ids",
        "tokscope fit": "--cost --costs --money --price --prices --pricing --usd",
        "tokscope split": "--pieces --show --show-tokens --strings",
        "tokscope trace": "--step --step-by-step --steps --trace",
        "--letter or --top": "--count",
        "--top": "-N",
        "--top or --keep": "-k",
        "--top or --keep head": "--head",
        "--truncate-to": "--cut",
        "--verbose": "--debug --details",
        "--vocab-size": "--n --target-size --vocab --vocabulary-size",
        "--vocab-size or --budget": "--size",
        "--vocab-size or --budget or --top": "-n",
        "--vocab-size or tokscope trace": "--merges",
        "--warn or --tokenizer word": "-w",
        "--workers": "--cpus --jobs --parallel --processes --threads",
    }
)
"""Other words for options; what is offered is those that the command has, and other commands."""


NEEDLESS = {
    **dict.fromkeys(("--recursive", "-r", "-R"), "folders are read with all folders below"),
    **dict.fromkeys(("--input", "--file", "--path", "-i"), "files and folders are named without an option"),
    **dict.fromkeys(("--stdin", "--pipe"), "what is piped in is read"),
    **dict.fromkeys(("--total", "--totals", "--sum"), "several files have their total below"),
    **dict.fromkeys(("--fail", "--strict", "--ci", "--exit-code"), "what fails sets the exit code"),
    **dict.fromkeys(("--threads", "--jobs", "--workers", "--parallel", "-j"), "all cores are used"),
    **dict.fromkeys(("--yes", "-y", "--no-input"), "nothing is asked"),
    **dict.fromkeys(("--answer", "--answers", "--solutions"), "every exercise comes with its answer"),
    **dict.fromkeys(("--no-progress", "--batch-mode"), "progress is shown on a terminal alone; -q hides it"),
    **dict.fromkeys(("--offline", "--local", "--no-network"), "nothing is fetched unless it is asked for"),
}
"""Options for what is done anyway, by commands that do not have them."""

ADVICE = {
    **dict.fromkeys(("--lines", "-l"), "wc -l counts lines"),
    **dict.fromkeys(("--staged", "--cached"), "for what is staged: git diff --cached | tokscope count"),
    **dict.fromkeys(("--clipboard", "--paste"), "pipe it in: pbpaste, wl-paste or xclip -o | tokscope count"),
    **dict.fromkeys(("--copy", "-C"), "pipe it on: ... | pbcopy, wl-copy or xclip"),
    **dict.fromkeys(
        ("--remote", "--url", "--repo"), "it is not fetched: git clone it, or pipe it in from curl"
    ),
    **dict.fromkeys(
        ("--mode", "--cut-all", "--hmm", "--no-hmm"), "it is in the name: -t jieba:full, jieba:search"
    ),
    **dict.fromkeys(
        ("list --grep", "list --search", "list --filter", "list --provider", "list --family", "list --name"),
        "give the word without an option",
    ),
    **dict.fromkeys(
        ("list -t", "list -m", "list --tokenizer", "list --tokenizers"),
        "give the name without an option: tokscope list gpt-4o",
    ),
    "--format": "this command prints no table",
    "chunk --format": "in a pipe, and with -o FILE, chunks are JSON Lines already",
    "sample --format": "records are JSON Lines already",
    "--sort": "what this command shows has an order of its own",
    "--top": "this command shows all there is; in a pipe, head takes the first lines",
    "--by": "tokscope count --by adds up by file, dir, ext or heading",
    **{f"check --{name}": f"--format {name}" for name in ("github", "gitlab", "junit", "sarif")},
    **dict.fromkeys(
        ("init --force", "init --overwrite", "samples --force", "samples --overwrite"),
        "what exists is left as it is: delete it first",
    ),
    **dict.fromkeys(
        ("vocab -t", "vocab -m", "vocab --model", "vocab --tokenizer"),
        "the vocabulary comes first: tokscope vocab gpt-4o hello",
    ),
    **dict.fromkeys(
        ("agree -t", "agree -m", "agree --model", "agree --tokenizer"),
        "both tokenizers come first: tokscope agree gpt-4o qwen3 FILE",
    ),
    **dict.fromkeys(
        ("vocab --all", "vocab --dump", "vocab --list"),
        "a pipe and -o FILE have every token: tokscope vocab gpt-4o | less",
    ),
    **dict.fromkeys(
        ("vocab --size", "vocab --len", "vocab --count"), "tokscope list gpt-4o has the number of tokens"
    ),
    **dict.fromkeys(("compare --all", "fit --all", "count --all", "bench --all"), "-t '*' names every one"),
    **dict.fromkeys(
        ("fit --output-tokens", "fit --max-output", "fit --completion-tokens", "fit --answer"),
        "what is left for the answer is a column",
    ),
    **dict.fromkeys(("--compress", "--style"), "tokscope counts files and packs none"),
}
"""What to do where no option does it, for every command or, "command --option", for one."""
