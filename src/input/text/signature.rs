//! What kind of file it is, by its first bytes; never by its name.

use super::utf16::Endian;

/// How many bytes are looked at.
pub(super) const LENGTH: usize = 1024;

/// What the first bytes of a file say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// UTF-8, or something that cannot be told from it.
    Text,
    /// Text behind a byte order mark.
    Utf16(Endian),
    Gzip,
    Zstd,
    /// Something that is not read.
    Foreign(Foreign),
}

/// A kind of file that is not read, and how to convert it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Foreign {
    /// The kind, with its article.
    pub(super) name: &'static str,
    /// What to do; `FILE` stands for the path.
    pub(super) remedy: &'static str,
}

const SPREADSHEET: &str = "save the sheet as CSV (UTF-8) and use that";
const UNPACK: &str = "unpack it and use the file in it";
const NO_DATA: &str =
    "give a text file: JSONL, JSON, CSV or TSV for data; UTF-8 text for anything else";
const UTF32: Foreign = Foreign {
    name: "text in UTF-32",
    remedy: "convert it: iconv -f UTF-32 -t UTF-8 FILE > converted.txt",
};
const OFFICE: Foreign = Foreign { name: "an Office document (xlsx, docx)", remedy: SPREADSHEET };
const OPEN_DOCUMENT: Foreign =
    Foreign { name: "an OpenDocument file (ods, odt)", remedy: SPREADSHEET };

/// Files that begin with fixed bytes. The first one that matches counts.
const FOREIGN: &[(&[u8], Foreign)] = &[
    (b"\xFF\xFE\0\0", UTF32),
    (b"\0\0\xFE\xFF", UTF32),
    (b"BZh", Foreign { name: "a bzip2 file", remedy: "unpack it: bunzip2 -k FILE" }),
    (b"\xFD7zXZ\0", Foreign { name: "an xz file", remedy: "unpack it: unxz -k FILE" }),
    (b"\x04\x22\x4D\x18", Foreign { name: "an lz4 file", remedy: "unpack it: lz4 -d FILE" }),
    (b"7z\xBC\xAF\x27\x1C", Foreign { name: "a 7-Zip archive", remedy: UNPACK }),
    (b"Rar!\x1A\x07", Foreign { name: "a RAR archive", remedy: UNPACK }),
    (
        b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
        Foreign { name: "an old Office document (xls, doc)", remedy: SPREADSHEET },
    ),
    (
        b"PAR1",
        Foreign {
            name: "a Parquet file",
            remedy: "convert it: duckdb -c \"COPY (FROM 'FILE') TO 'converted.jsonl' (FORMAT json)\"",
        },
    ),
    (
        b"ARROW1\0",
        Foreign { name: "an Arrow file", remedy: "convert it to JSONL, for example with pyarrow" },
    ),
    (
        b"Obj\x01",
        Foreign {
            name: "an Avro file",
            remedy: "convert it: avro-tools tojson FILE > converted.jsonl",
        },
    ),
    (
        b"SQLite format 3\0",
        Foreign {
            name: "an SQLite database",
            remedy: "if it is a run, give the file that was judged; from another database, export a table: \
                     sqlite3 -json FILE 'SELECT * FROM …' > converted.json",
        },
    ),
    (b"%PDF-", Foreign { name: "a PDF document", remedy: NO_DATA }),
    (b"\x89PNG\r\n", Foreign { name: "a PNG image", remedy: NO_DATA }),
    (b"\xFF\xD8\xFF", Foreign { name: "a JPEG image", remedy: NO_DATA }),
    (b"GIF8", Foreign { name: "a GIF image", remedy: NO_DATA }),
    (b"\x7FELF", Foreign { name: "a program", remedy: NO_DATA }),
    (
        b"\x80\x04\x95",
        Foreign { name: "a Python pickle", remedy: "load it in Python and write JSONL" },
    ),
    (
        b"\x80\x05\x95",
        Foreign { name: "a Python pickle", remedy: "load it in Python and write JSONL" },
    ),
];

/// Returns the kind of a file that begins with these bytes.
pub(super) fn kind_of_file(head: &[u8]) -> Kind {
    if head.starts_with(b"\x1F\x8B\x08") {
        return Kind::Gzip;
    }
    if is_zstd(head) {
        return Kind::Zstd;
    }
    if let Some((_, foreign)) = FOREIGN.iter().find(|(bytes, _)| head.starts_with(bytes)) {
        return Kind::Foreign(*foreign);
    }
    if head.starts_with(b"PK\x03\x04") {
        return Kind::Foreign(zip(head));
    }
    if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        return Kind::Foreign(Foreign { name: "a WebP image", remedy: NO_DATA });
    }
    if head.get(257..262) == Some(b"ustar") {
        return Kind::Foreign(Foreign { name: "a tar archive", remedy: "unpack it: tar -xf FILE" });
    }
    match head {
        [0xFF, 0xFE, ..] => Kind::Utf16(Endian::Little),
        [0xFE, 0xFF, ..] => Kind::Utf16(Endian::Big),
        _ if head.contains(&0) => Kind::Foreign(with_null_bytes(head)),
        _ => Kind::Text,
    }
}

/// Returns whether a file begins with a Zstandard frame; one that is to be skipped comes first in seekable files.
fn is_zstd(head: &[u8]) -> bool {
    match head {
        [0x28, 0xB5, 0x2F, 0xFD, ..] => true,
        [first, 0x2A, 0x4D, 0x18, ..] => first & 0xF0 == 0x50,
        _ => false,
    }
}

/// Returns which kind of zip archive it is, by the name of its first entry.
fn zip(head: &[u8]) -> Foreign {
    let entry = head.get(30..).unwrap_or_default();
    let begins_with = |names: &[&str]| names.iter().any(|name| entry.starts_with(name.as_bytes()));
    if begins_with(&["[Content_Types].xml", "_rels/", "docProps/", "xl/"]) {
        OFFICE
    } else if begins_with(&["mimetypeapplication/vnd.oasis"]) {
        OPEN_DOCUMENT
    } else {
        Foreign { name: "a zip archive", remedy: "unpack it: unzip FILE" }
    }
}

/// Returns what a file with null bytes is: every second byte of a Western text in UTF-16 is null.
fn with_null_bytes(head: &[u8]) -> Foreign {
    let nulls = |odd: usize| head.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let [even, odd] = [nulls(0), nulls(1)];
    // Of a few bytes, any may happen to be null.
    let most = (head.len() * 2 / 5).max(3);
    match (even >= most && odd == 0, odd >= most && even == 0) {
        (_, true) => Foreign {
            name: "text in UTF-16 without a byte order mark",
            remedy: "convert it: iconv -f UTF-16LE -t UTF-8 FILE > converted.txt",
        },
        (true, _) => Foreign {
            name: "text in UTF-16 without a byte order mark",
            remedy: "convert it: iconv -f UTF-16BE -t UTF-8 FILE > converted.txt",
        },
        _ => Foreign { name: "binary data of an unknown kind", remedy: NO_DATA },
    }
}
