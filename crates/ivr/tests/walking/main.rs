//! Callers in menus: by table in a small one, by chance in any.

mod any;
mod digits;
mod kit;
mod listening;
mod menus;
mod outside;
mod reach;
mod speech;
