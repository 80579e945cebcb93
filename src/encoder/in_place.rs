//! Our own functions on the numbers of tensors, which change them in their place.

use candle_core::{
    CpuStorage, InplaceOp1, InplaceOp2, Layout, Result as CandleResult, Storage, Tensor,
};

use crate::error::Error;

/// A function that changes the numbers of a tensor in their place.
pub(super) struct Change<F>(pub(super) F);

impl<F: Fn(&mut [f32])> InplaceOp1 for Change<F> {
    fn name(&self) -> &'static str {
        "change"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, _: &Layout) -> CandleResult<()> {
        (self.0)(numbers_of(storage)?);
        Ok(())
    }
}

/// A function that changes the numbers of a tensor in their place, by those of another one.
pub(super) struct Combine<F>(pub(super) F);

impl<F: Fn(&mut [f32], &[f32])> InplaceOp2 for Combine<F> {
    fn name(&self) -> &'static str {
        "combine"
    }

    fn cpu_fwd(
        &self,
        storage: &mut CpuStorage,
        _: &Layout,
        others: &CpuStorage,
        _: &Layout,
    ) -> CandleResult<()> {
        (self.0)(numbers_of(storage)?, others.as_slice()?);
        Ok(())
    }
}

fn numbers_of(storage: &mut CpuStorage) -> CandleResult<&mut [f32]> {
    match storage {
        CpuStorage::F32(numbers) => Ok(numbers),
        _ => Err(candle_core::Error::Msg("a tensor is not of numbers of 32 bits".to_owned())),
    }
}

/// Calls `of` with the numbers of a tensor that has no gaps.
pub(super) fn with_numbers<T>(tensor: &Tensor, of: impl FnOnce(&[f32]) -> T) -> CandleResult<T> {
    let (storage, _) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(numbers) => Ok(of(numbers.as_slice()?)),
        _ => Err(candle_core::Error::Msg("a tensor is on another device".to_owned())),
    }
}

/// Returns the error for an operation that candle refuses.
pub(super) fn failed(error: candle_core::Error) -> Error {
    Error::internal(format!("the encoder failed: {error}")).caused_by(error)
}
