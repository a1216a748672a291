//! Where a block is placed and what it looks like: fixed for each key, in one line of text.

use crate::Shows;
use crate::block::Block;
use crate::messages::cut;

/// The name of a block. Keys are declared in the order in which blocks stand on every screen, so
/// that two screens are merged like two sorted lists and nothing ever has to be moved.
pub trait Key: Copy + PartialEq + 'static {
    /// The field that may stand on the page before the widget does, and goes on in it.
    const EARLY_FIELD: Option<Self>;

    /// Its place in the declaration.
    fn order(self) -> u8;

    /// The first key of its group, where the group as a whole is repeated: a row of a list.
    fn row(self) -> u8;

    /// Depth, tag and attributes: `2p;class=nidan-help;role=status`. `{}` stands for what makes an
    /// id distinct on the page; the value `@` for the block's name.
    fn shape(self) -> Shape;
}

/// The parts of a shape's line.
#[derive(Clone, Copy)]
pub struct Shape(pub(crate) &'static str);

impl Shape {
    /// The shape that a line says.
    pub const fn new(line: &'static str) -> Self {
        Self(line)
    }

    /// Its depth: 0 is the widget itself.
    pub fn depth(self) -> usize {
        self.0.bytes().next().unwrap_or_default().wrapping_sub(b'0') as usize
    }

    /// The element's name.
    pub fn tag(self) -> &'static str {
        let line = self.0.get(1..).unwrap_or_default();
        cut(line, b';').map_or(line, |(tag, _)| tag)
    }

    /// Calls `set` with the name and the value of every attribute.
    pub fn attributes(self, mut set: impl FnMut(&'static str, &'static str)) {
        let mut rest = cut(self.0, b';').map(|(_, rest)| rest);
        while let Some(line) = rest {
            let (one, after) =
                cut(line, b';').map_or((line, None), |(one, after)| (one, Some(after)));
            if let Some((name, value)) = cut(one, b'=') {
                set(name, value);
            }
            rest = after;
        }
    }
}

impl<M: Shows> Block<'_, M> {
    /// Its place among the blocks of any screen: ascending, and the same for the same block.
    pub fn rank(&self) -> u32 {
        u32::from(self.key.row()) << 16 | u32::from(self.index) << 8 | u32::from(self.key.order())
    }
}

/// Declares the keys of a machine's screens, each with its shape.
macro_rules! keys {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $key:ident = $shape:literal,)* }
     early $early:expr; rows { $($member:ident in $row:ident,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum $name { $($(#[$doc])* $key,)* }

        impl $name {
            /// All of them, in the order in which they stand.
            pub const ALL: &[Self] = &[$(Self::$key),*];
            const SHAPES: &[&str] = &[$($shape),*];
        }

        impl crate::Key for $name {
            const EARLY_FIELD: Option<Self> = $early;

            fn order(self) -> u8 {
                self as u8
            }

            fn row(self) -> u8 {
                match self {
                    $(Self::$member => Self::$row as u8,)*
                    other => other as u8,
                }
            }

            fn shape(self) -> crate::Shape {
                crate::Shape::new(Self::SHAPES.get(self as usize).copied().unwrap_or_default())
            }
        }
    };
}
pub(crate) use keys;
