use super::super::source::Tree;
pub(super) struct Reference {
    pub(super) name: String,
    pub(super) file: String,
    pub(super) line: usize,
}
pub(super) fn all(_tree: &Tree) -> Vec<Reference> {
    Vec::new()
}
