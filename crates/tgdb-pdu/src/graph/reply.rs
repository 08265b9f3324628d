//! The entities of a reply to TGQL, to get-entity, and behind a commit for debugging
//! (`ConnectionImpl.java`, `connectionimpl.py`, `connectionimpl.go`).
//!
//! | size | field |
//! |---|---|
//! | 1 | bool "is a result", in a reply to get-entity command 2 only |
//! | 1 | [`EntityKind`]; nothing follows kind 0 |
//! | 8 | id, that of the entity; not looked at |
//! | | entity |

use super::{Context, EntityKind, EntityRef, Input};
use crate::BodyError;

/// Entities, borrowed from the message that they came in. An iterator, which takes no memory.
///
/// The first malformed entity is the last item: nothing behind it can be found.
#[derive(Debug, Clone, Copy)]
pub struct Entities<'a> {
    pub(crate) input: Input<'a>,
    context: Context<'a>,
    left: usize,
    with_marks: bool,
}

/// An entity of a reply.
#[derive(Debug, Clone, Copy)]
pub struct ReplyEntity<'a> {
    /// Whether it is a result; false for an entity that was sent only because it is near one.
    /// Always true in replies without that mark.
    pub is_result: bool,
    /// The entity.
    pub entity: EntityRef<'a>,
}

impl<'a> Entities<'a> {
    /// `count` entities from the front of the input; a negative count is none.
    pub(crate) fn new(
        mut input: Input<'a>,
        count: i32,
        with_marks: bool,
        context: Context<'a>,
    ) -> Result<Self, BodyError> {
        let min_len = 1 + usize::from(with_marks);
        let left = input.checked_count(count.max(0).into(), min_len).map_err(|kind| input.error("entities", kind))?;
        if left == 0 {
            input = input.since(&input);
        }
        Ok(Self { input, context, left, with_marks })
    }

    fn read(&mut self) -> Result<Option<ReplyEntity<'a>>, BodyError> {
        let is_result = !self.with_marks || self.input.bool("is_result")?;
        let kind = EntityKind(self.input.i8("kind")?);
        if kind == EntityKind::INVALID {
            return Ok(None);
        }
        self.input.i64("id")?;
        let entity = EntityRef::read(&mut self.input, kind, self.context)?;
        Ok(Some(ReplyEntity { is_result, entity }))
    }
}

impl<'a> Iterator for Entities<'a> {
    type Item = Result<ReplyEntity<'a>, BodyError>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            match self.read() {
                Ok(None) => {}
                Ok(Some(entity)) => return Some(Ok(entity)),
                Err(error) => {
                    self.left = 0;
                    return Some(Err(error));
                }
            }
        }
        None
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left))
    }
}

impl std::iter::FusedIterator for Entities<'_> {}
