//! What the highlighter knows of each language.

/// A language, as far as its comments, strings and keywords go.
#[derive(Debug)]
pub(super) struct Language {
    /// What may stand after a fence, in small letters.
    names: &'static [&'static str],
    /// What begins a comment that ends with the line.
    pub(super) line_comments: &'static [&'static str],
    /// What begins and ends a comment.
    pub(super) block_comment: Option<(&'static str, &'static str)>,
    /// What begins and ends a string; longer marks come first.
    pub(super) quotes: &'static [Quote],
    keywords: &'static [&'static str],
    /// Whether keywords may be written in capital letters.
    ignores_case: bool,
    /// Characters that begin a keyword of any name.
    pub(super) sigils: &'static str,
    /// Whether there is text outside of tags.
    pub(super) is_markup: bool,
    /// Whether strings may stand without quotes, and a word before a colon is a key.
    pub(super) is_plain: bool,
}

/// A kind of string.
#[derive(Debug)]
pub(super) struct Quote {
    /// What it begins and ends with.
    pub(super) mark: &'static str,
    /// Whether a backslash takes the meaning from the character after it.
    pub(super) escapes: bool,
    /// Whether it may have several lines.
    pub(super) lines: bool,
    /// Whether it holds one character, and the mark has another meaning otherwise.
    pub(super) is_char: bool,
}

impl Language {
    /// Returns whether a word is a keyword.
    pub(super) fn has_keyword(&self, word: &str) -> bool {
        self.keywords.iter().any(|keyword| {
            if self.ignores_case { keyword.eq_ignore_ascii_case(word) } else { *keyword == word }
        })
    }
}

/// Returns the language with a name.
pub(super) fn language(name: &str) -> Option<&'static Language> {
    let known =
        |language: &&Language| language.names.iter().any(|one| one.eq_ignore_ascii_case(name));
    LANGUAGES.iter().find(known)
}

const fn quote(mark: &'static str, escapes: bool, lines: bool) -> Quote {
    Quote { mark, escapes, lines, is_char: false }
}

const DOUBLE: Quote = quote("\"", true, false);
const SINGLE: Quote = quote("'", true, false);
const C_QUOTES: &[Quote] = &[DOUBLE, SINGLE];
const C_BLOCK: Option<(&str, &str)> = Some(("/*", "*/"));

/// A language like C, from which the others are made.
const BASE: Language = Language {
    names: &[],
    line_comments: &["//"],
    block_comment: C_BLOCK,
    quotes: C_QUOTES,
    keywords: &[],
    ignores_case: false,
    sigils: "",
    is_markup: false,
    is_plain: false,
};

static LANGUAGES: [Language; 13] = [
    Language {
        names: &["rust", "rs"],
        quotes: &[
            quote("\"", true, true),
            Quote { mark: "'", escapes: true, lines: false, is_char: true },
        ],
        keywords: &[
            "as", "async", "await", "bool", "break", "char", "const", "continue", "crate", "dyn",
            "else", "enum", "extern", "f32", "f64", "false", "fn", "for", "i32", "i64", "if",
            "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return",
            "self", "Self", "static", "str", "struct", "super", "trait", "true", "type", "u8",
            "u32", "u64", "unsafe", "use", "usize", "where", "while",
        ],
        ..BASE
    },
    Language {
        names: &["python", "py", "python3"],
        line_comments: &["#"],
        block_comment: None,
        quotes: &[quote("\"\"\"", true, true), quote("'''", true, true), DOUBLE, SINGLE],
        keywords: &[
            "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
            "elif", "else", "except", "False", "finally", "for", "from", "global", "if", "import",
            "in", "is", "lambda", "None", "nonlocal", "not", "or", "pass", "raise", "return",
            "self", "True", "try", "while", "with", "yield", "match", "case",
        ],
        ..BASE
    },
    Language {
        names: &["javascript", "js", "jsx", "typescript", "ts", "tsx", "mjs"],
        quotes: &[quote("`", true, true), DOUBLE, SINGLE],
        keywords: &[
            "as",
            "async",
            "await",
            "break",
            "case",
            "catch",
            "class",
            "const",
            "continue",
            "default",
            "delete",
            "do",
            "else",
            "enum",
            "export",
            "extends",
            "false",
            "finally",
            "for",
            "from",
            "function",
            "if",
            "implements",
            "import",
            "in",
            "instanceof",
            "interface",
            "let",
            "new",
            "null",
            "of",
            "private",
            "public",
            "readonly",
            "return",
            "static",
            "super",
            "switch",
            "this",
            "throw",
            "true",
            "try",
            "type",
            "typeof",
            "undefined",
            "var",
            "void",
            "while",
            "yield",
        ],
        ..BASE
    },
    Language {
        names: &["java", "kotlin", "kt", "csharp", "cs", "c#", "scala"],
        keywords: &[
            "abstract",
            "boolean",
            "break",
            "case",
            "catch",
            "class",
            "continue",
            "default",
            "do",
            "double",
            "else",
            "enum",
            "extends",
            "false",
            "final",
            "finally",
            "float",
            "for",
            "fun",
            "if",
            "implements",
            "import",
            "instanceof",
            "int",
            "interface",
            "long",
            "namespace",
            "new",
            "null",
            "override",
            "package",
            "private",
            "protected",
            "public",
            "record",
            "return",
            "static",
            "string",
            "super",
            "switch",
            "this",
            "throw",
            "throws",
            "true",
            "try",
            "using",
            "val",
            "var",
            "void",
            "while",
        ],
        ..BASE
    },
    Language {
        names: &["c", "h", "cpp", "c++", "cc", "hpp", "cxx"],
        sigils: "#",
        keywords: &[
            "auto",
            "bool",
            "break",
            "case",
            "catch",
            "char",
            "class",
            "const",
            "constexpr",
            "continue",
            "default",
            "delete",
            "do",
            "double",
            "else",
            "enum",
            "extern",
            "false",
            "float",
            "for",
            "if",
            "inline",
            "int",
            "long",
            "namespace",
            "new",
            "nullptr",
            "operator",
            "private",
            "protected",
            "public",
            "return",
            "short",
            "signed",
            "sizeof",
            "static",
            "struct",
            "switch",
            "template",
            "this",
            "throw",
            "true",
            "try",
            "typedef",
            "typename",
            "union",
            "unsigned",
            "using",
            "virtual",
            "void",
            "volatile",
            "while",
        ],
        ..BASE
    },
    Language {
        names: &["go", "golang"],
        quotes: &[quote("`", false, true), DOUBLE, SINGLE],
        keywords: &[
            "break",
            "case",
            "chan",
            "const",
            "continue",
            "default",
            "defer",
            "else",
            "error",
            "fallthrough",
            "false",
            "for",
            "func",
            "go",
            "goto",
            "if",
            "import",
            "int",
            "interface",
            "map",
            "nil",
            "package",
            "range",
            "return",
            "select",
            "string",
            "struct",
            "switch",
            "true",
            "type",
            "var",
        ],
        ..BASE
    },
    Language {
        names: &["sql", "sqlite", "postgresql", "postgres", "mysql"],
        line_comments: &["--"],
        quotes: &[quote("'", false, true), quote("\"", false, false)],
        ignores_case: true,
        keywords: &[
            "all",
            "alter",
            "and",
            "as",
            "asc",
            "avg",
            "between",
            "by",
            "case",
            "count",
            "create",
            "cross",
            "default",
            "delete",
            "desc",
            "distinct",
            "drop",
            "else",
            "end",
            "exists",
            "foreign",
            "from",
            "full",
            "group",
            "having",
            "if",
            "in",
            "index",
            "inner",
            "insert",
            "int",
            "integer",
            "into",
            "is",
            "join",
            "key",
            "left",
            "like",
            "limit",
            "max",
            "min",
            "not",
            "null",
            "offset",
            "on",
            "or",
            "order",
            "outer",
            "over",
            "partition",
            "primary",
            "references",
            "right",
            "select",
            "set",
            "sum",
            "table",
            "text",
            "then",
            "union",
            "unique",
            "update",
            "using",
            "values",
            "varchar",
            "view",
            "when",
            "where",
            "with",
        ],
        ..BASE
    },
    Language {
        names: &["bash", "sh", "shell", "zsh", "console"],
        line_comments: &["#"],
        block_comment: None,
        quotes: &[quote("\"", true, true), quote("'", false, true)],
        sigils: "$",
        keywords: &[
            "case", "cd", "do", "done", "echo", "elif", "else", "esac", "exit", "export", "fi",
            "for", "function", "if", "in", "local", "return", "set", "shift", "then", "until",
            "while",
        ],
        ..BASE
    },
    Language {
        names: &["json", "jsonl", "json5", "jsonc"],
        quotes: &[DOUBLE],
        keywords: &["true", "false", "null"],
        ..BASE
    },
    Language {
        names: &["html", "xml", "svg", "xhtml", "vue"],
        line_comments: &[],
        block_comment: Some(("<!--", "-->")),
        quotes: &[quote("\"", false, true), quote("'", false, true)],
        is_markup: true,
        ..BASE
    },
    Language {
        names: &["yaml", "yml", "toml", "ini"],
        line_comments: &["#"],
        block_comment: None,
        keywords: &["true", "false", "null", "yes", "no"],
        is_plain: true,
        ..BASE
    },
    Language {
        names: &["css", "scss", "less"],
        line_comments: &[],
        sigils: "@",
        is_plain: true,
        ..BASE
    },
    Language {
        names: &["ruby", "rb", "r", "perl", "php"],
        line_comments: &["#"],
        block_comment: None,
        keywords: &[
            "begin", "break", "case", "class", "def", "do", "else", "elsif", "end", "false", "for",
            "foreach", "function", "if", "in", "module", "my", "next", "nil", "NULL", "TRUE",
            "FALSE", "require", "return", "self", "sub", "then", "true", "unless", "until", "use",
            "when", "while", "yield",
        ],
        ..BASE
    },
];
