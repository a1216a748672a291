//! A screen that is being put together, block by block.

use crate::messages::Msg;
use crate::{Arg, Block, Content, FocusScope, Screen, Shows, View, Words};

pub(crate) struct Draft<'a, M: Shows> {
    pub(crate) view: View<'a>,
    pub(crate) screen: Screen<'a, M>,
}

impl<'a, M: Shows> Draft<'a, M> {
    pub(crate) fn new(scope: Option<FocusScope>, view: View<'a>) -> Self {
        let screen = Screen {
            scope,
            is_aside: false,
            blocks: Vec::with_capacity(40),
        };
        Self { view, screen }
    }

    pub(crate) fn add(&mut self, key: M::Key, content: Content<'a, M>) {
        self.add_nth(key, 0, content);
    }

    pub(crate) fn add_nth(&mut self, key: M::Key, index: u8, content: Content<'a, M>) {
        let block = Block {
            key,
            index,
            content,
        };
        self.screen.blocks.push(block);
    }

    pub(crate) fn group(&mut self, key: M::Key) {
        self.add(key, Content::Group);
    }

    pub(crate) fn words(&mut self, key: M::Key, words: Words<'a>) {
        self.add(key, Content::Text(words));
    }

    pub(crate) fn text(&mut self, key: M::Key, msg: Msg) {
        self.words(key, Words::of(msg));
    }

    pub(crate) fn message(&mut self, key: M::Key, msg: Msg, arg: Arg<'a>) {
        self.words(key, Words::Message(msg, [arg, Arg::None]));
    }

    /// The heading of this [screen](Screen), and of no other one.
    pub(crate) fn heading(&mut self, key: M::Key, msg: Msg) {
        let index = self.screen.scope.map_or(0, FocusScope::heading);
        self.add_nth(key, index, Content::Text(Words::of(msg)));
    }

    /// A list of short texts.
    pub(crate) fn list(&mut self, list: M::Key, item: M::Key, items: &[Msg]) {
        self.group(list);
        for (index, msg) in (0..=u8::MAX).zip(items) {
            self.add_nth(item, index, Content::Text(Words::of(*msg)));
        }
    }

    pub(crate) fn button(&mut self, key: M::Key, msg: Msg, action: M::Action) {
        self.button_nth(key, 0, msg, action);
    }

    pub(crate) fn button_nth(&mut self, key: M::Key, index: u8, msg: Msg, action: M::Action) {
        let (label, is_disabled) = (Words::of(msg), false);
        let button = Content::Button {
            label,
            is_disabled,
            action,
        };
        self.add_nth(key, index, button);
    }
}
