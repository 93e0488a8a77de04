//! Forged tokens against real keys.
