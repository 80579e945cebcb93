//! The weights of an encoder, from a file of the format safetensors.
//!
//! The file starts with the length of its header, 8 bytes; the header is a JSON object that has type, shape and
//! position of each tensor by name; the numbers follow. The whole header is checked against the length of the file, so
//! that nothing larger than the file is ever allocated.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::float16::{of_bfloat16, of_half};
use super::{open_file, unreadable};
use crate::error::{Error, Result};

/// The most bytes of a header. That of a model with 24 layers has about 50 kB.
const MAX_HEADER: u64 = 8 << 20;
/// The length of the number before the header.
const LENGTH: u64 = 8;
/// How many bytes are read at once.
const PIECE: usize = 1 << 18;

/// An open file of weights whose header is checked.
#[derive(Debug)]
pub(super) struct WeightFile {
    path: PathBuf,
    file: File,
    /// Where the numbers start.
    start: u64,
    tensors: BTreeMap<String, Tensor>,
}

/// One tensor, as the header describes it.
#[derive(Debug, Deserialize)]
struct Tensor {
    dtype: String,
    shape: Vec<u64>,
    /// Its first byte and the one after its last, from the first of all tensors.
    data_offsets: [u64; 2],
}

impl WeightFile {
    /// Opens a file and checks its header.
    pub(super) fn open(path: &Path) -> Result<Self> {
        if !path.exists() {
            let error = Error::input(format!("{}: there is no such file", path.display()));
            return Err(error.hint(
                "the weights must be one file of the format safetensors; pytorch_model.bin and weights in several files \
                 must be converted",
            ));
        }
        let (mut file, length) = open_file(path)?;
        let invalid = |what: String| damaged(path, &what);
        let mut size = [0; LENGTH as usize];
        file.read_exact(&mut size).map_err(|_| invalid("it has no header".to_owned()))?;
        let size = u64::from_le_bytes(size);
        if size > MAX_HEADER || size > length.saturating_sub(LENGTH) {
            return Err(invalid(format!(
                "its header would have {size} bytes, the file has {length}"
            )));
        }
        let mut header = vec![0; size as usize];
        file.read_exact(&mut header).map_err(|error| unreadable(path, error))?;
        let header: Map<String, Value> = serde_json::from_slice(&header)
            .map_err(|error| invalid(format!("its header is not a JSON object: {error}")))?;
        let start = LENGTH + size;
        let mut tensors = BTreeMap::new();
        for (name, value) in header.into_iter().filter(|(name, _)| name != "__metadata__") {
            let tensor: Tensor = serde_json::from_value(value)
                .map_err(|error| invalid(format!("tensor {name}: {error}")))?;
            tensors.insert(name, tensor);
        }
        let weights = Self { path: path.to_owned(), file, start, tensors };
        weights.check_places(length - start)?;
        Ok(weights)
    }

    /// Checks that the tensors are within `length` bytes and do not overlap.
    fn check_places(&self, length: u64) -> Result<()> {
        let mut tensors: Vec<(&String, [u64; 2])> =
            self.tensors.iter().map(|(name, tensor)| (name, tensor.data_offsets)).collect();
        tensors.sort_by_key(|(_, place)| *place);
        let mut end = 0;
        for (name, [from, to]) in tensors {
            let invalid = |what: &str| damaged(&self.path, &format!("tensor {name}: {what}"));
            if from > to {
                return Err(invalid("it ends before it starts"));
            }
            if to > length {
                return Err(invalid(
                    "it is beyond the end of the file, which is cut off or damaged",
                ));
            }
            if from < end {
                return Err(invalid("it overlaps another tensor"));
            }
            end = to;
        }
        Ok(())
    }

    /// Returns whether there is a tensor of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Checks that a tensor is there, with this shape and of a type that can be read.
    pub(super) fn check(&self, name: &str, shape: &[usize]) -> Result<()> {
        self.tensor(name, shape).map(|_| ())
    }

    /// Returns a tensor of this shape and the number of bytes of its numbers.
    fn tensor(&self, name: &str, shape: &[usize]) -> Result<(&Tensor, usize)> {
        let invalid = |what: &str| damaged(&self.path, &format!("tensor {name}: {what}"));
        let tensor = self.tensors.get(name).ok_or_else(|| invalid("missing"))?;
        let bytes = match tensor.dtype.as_str() {
            "F32" => 4,
            "F16" | "BF16" => 2,
            other => {
                return Err(invalid(&format!("its type is {other}, expected F32, F16 or BF16")));
            }
        };
        if !tensor.shape.iter().copied().eq(shape.iter().map(|size| *size as u64)) {
            return Err(invalid(&format!(
                "its shape is {:?}, by config.json it must be {shape:?}",
                tensor.shape
            )));
        }
        // The numbers of the configuration are limited, so that the product fits.
        let wanted = shape.iter().product::<usize>() * bytes;
        let [from, to] = tensor.data_offsets;
        if to - from != wanted as u64 {
            return Err(invalid(&format!("it has {} bytes, its shape needs {wanted}", to - from)));
        }
        Ok((tensor, bytes))
    }

    /// Appends the numbers of a tensor of this shape to `numbers`.
    pub(super) fn read(
        &mut self,
        name: &str,
        shape: &[usize],
        numbers: &mut Vec<f32>,
    ) -> Result<()> {
        let (tensor, bytes) = self.tensor(name, shape)?;
        let (dtype, [from, to]) = (tensor.dtype.clone(), tensor.data_offsets);
        self.file
            .seek(SeekFrom::Start(self.start + from))
            .map_err(|error| unreadable(&self.path, error))?;
        let before = numbers.len();
        let mut rest = (to - from) as usize;
        numbers.try_reserve_exact(rest / bytes).map_err(|_| {
            let size = rest / bytes * size_of::<f32>();
            Error::input(format!(
                "{}: tensor {name}: there is no memory for its {size} bytes",
                self.path.display()
            ))
            .hint("use a smaller encoder, or a machine with more memory")
        })?;
        let mut piece = vec![0; PIECE.min(rest)];
        while rest > 0 {
            let piece = &mut piece[..PIECE.min(rest)];
            self.file.read_exact(piece).map_err(|error| unreadable(&self.path, error))?;
            rest -= piece.len();
            if dtype == "F32" {
                let (fours, _) = piece.as_chunks();
                numbers.extend(fours.iter().map(|four| f32::from_le_bytes(*four)));
            } else {
                let of_16_bits = if dtype == "F16" { of_half } else { of_bfloat16 };
                let (twos, _) = piece.as_chunks();
                numbers.extend(twos.iter().map(|two| of_16_bits(u16::from_le_bytes(*two))));
            }
        }
        if numbers[before..].iter().any(|number| !number.is_finite()) {
            return Err(damaged(
                &self.path,
                &format!("tensor {name}: a number in it is not finite"),
            ));
        }
        Ok(())
    }
}

fn damaged(path: &Path, what: &str) -> Error {
    Error::input(format!("{}: {what}", path.display()))
        .hint("fetch the file again, or check that all files are of one encoder")
}
