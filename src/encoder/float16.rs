//! Numbers of 16 bits, in which weights may be stored.

/// Returns the number of a `bfloat16`.
pub(super) fn of_bfloat16(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

/// Returns the number of an IEEE half.
pub(super) fn of_half(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let exponent = u32::from(bits >> 10) & 0x1f;
    let fraction = u32::from(bits) & 0x3ff;
    let magnitude = match exponent {
        // A subnormal number is a multiple of 2^-24.
        0 => (fraction as f32 / 16_777_216.0).to_bits(),
        0x1f => 0x7f80_0000 | fraction << 13,
        _ => (exponent + 112) << 23 | fraction << 13,
    };
    f32::from_bits(sign | magnitude)
}

#[cfg(test)]
mod tests {
    use super::{of_bfloat16, of_half};

    #[test]
    fn numbers_of_16_bits_have_their_values() {
        // As `numpy.float16` has them.
        for (bits, value) in [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0400, 2.0_f32.powi(-14)),
            (0x0001, 2.0_f32.powi(-24)),
            (0x83ff, -1023.0 * 2.0_f32.powi(-24)),
            (0x3555, 0.333_251_95),
            (0x7c00, f32::INFINITY),
        ] {
            assert_eq!(of_half(bits).to_bits(), f32::to_bits(value), "{bits:#06x}");
        }
        assert!(of_half(0x7e00).is_nan());
        assert_eq!(of_bfloat16(0x3f80).to_bits(), f32::to_bits(1.0));
        assert_eq!(of_bfloat16(0xc040).to_bits(), f32::to_bits(-3.0));
    }
}
