//! The compiled menu, the interpreter that walks it, and spoken numbers.
