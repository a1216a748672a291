//! The lengths of functions, as the compiler's grammar sees them.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::Function;

/// Collects every function with a body that is not a test.
pub(super) struct Lengths<'a> {
    name: &'a str,
    found: Vec<Function>,
}

impl<'a> Lengths<'a> {
    /// The functions of one file. A file that does not parse has none: the compiler says why.
    pub(super) fn of(name: &'a str, code: &str) -> Vec<Function> {
        let mut lengths = Self {
            name,
            found: Vec::new(),
        };
        if let Ok(file) = syn::parse_file(code) {
            lengths.visit_file(&file);
        }
        lengths.found
    }

    fn note(&mut self, ident: &syn::Ident, signature: Span, block: &syn::Block) {
        let (first, last) = (
            signature.start().line,
            block.brace_token.span.close().end().line,
        );
        self.found.push(Function {
            place: format!("{}:{first} {ident}", self.name),
            lines: last + 1 - first,
        });
    }
}

impl<'ast> Visit<'ast> for Lengths<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.note(&function.sig.ident, function.sig.span(), &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.note(&function.sig.ident, function.sig.span(), &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.note(&function.sig.ident, function.sig.span(), block);
        }
        visit::visit_trait_item_fn(self, function);
    }
}
