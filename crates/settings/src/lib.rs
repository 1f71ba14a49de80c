//! Configuration files to typed plans; every error at once, with file, line and a caret.
