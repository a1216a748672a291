//! Budgets of messages: how many may go out for a number, a person, a host, in a window of time.

/// One limit on sending: at most `limit` messages for `key` in each window of `window_s` seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// The scope that is counted.
    pub scope: Scope,
    /// The key within the scope: a keyed hash, or an identifier that tells nothing of a person.
    pub key: Vec<u8>,
    /// The length of a window, in seconds; windows begin at multiples of it.
    pub window_s: u64,
    /// The number of messages in one window.
    pub limit: u32,
}

/// A scope within which messages are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One number, in an hour: of set-ups at a host, or of a person's logins.
    NumberHour,
    /// One number, in a day.
    NumberDay,
    /// One person.
    Subject,
    /// Set-ups with a thousand neighbouring numbers whose codes are not answered.
    Block,
    /// The same, answered or not.
    BlockAll,
    /// Set-ups at one host.
    Host,
    /// Set-ups at one host with numbers of one country.
    Country,
    /// Set-ups altogether: the spending stop.
    Total,
    /// Logins at one host.
    LoginHost,
    /// Logins altogether.
    LoginTotal,
}

impl Scope {
    /// All of them, the narrowest first.
    pub const ALL: [Self; 10] = [
        Self::NumberHour,
        Self::NumberDay,
        Self::Subject,
        Self::Block,
        Self::BlockAll,
        Self::Host,
        Self::Country,
        Self::Total,
        Self::LoginHost,
        Self::LoginTotal,
    ];

    /// The name under which the scope is stored and printed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NumberHour => "number_hour",
            Self::NumberDay => "number_day",
            Self::Subject => "subject",
            Self::Block => "block",
            Self::BlockAll => "block_all",
            Self::Host => "host",
            Self::Country => "country",
            Self::Total => "total",
            Self::LoginHost => "login_host",
            Self::LoginTotal => "login_total",
        }
    }

    /// Whether its keys are identifiers that an operator may read. The others are keyed hashes of
    /// numbers and of people.
    pub const fn has_readable_keys(self) -> bool {
        match self {
            Self::Host | Self::Country | Self::LoginHost => true,
            Self::NumberHour
            | Self::NumberDay
            | Self::Subject
            | Self::Block
            | Self::BlockAll
            | Self::Total
            | Self::LoginTotal => false,
        }
    }
}

/// A window of a [budget](Budget), in Unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its first second.
    pub start: u64,
    /// The first second of the next one.
    pub end: u64,
}

/// A [budget](Budget) that has no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetSpent {
    /// Its scope.
    pub scope: Scope,
    /// The Unix second at which its next window begins.
    pub retry_at: u64,
}

impl Budget {
    /// The window that contains `now`, in Unix seconds.
    pub const fn window(&self, now: u64) -> Window {
        let length = if self.window_s == 0 { 1 } else { self.window_s };
        let start = now - now % length;
        Window {
            start,
            end: start.saturating_add(length),
        }
    }
}

/// Decides whether one more message fits all [budgets](Budget). Each comes with the number of
/// messages that its current window has had.
///
/// # Errors
/// The first [budget](Budget) without room.
pub fn spend<'a>(
    counted: impl IntoIterator<Item = (&'a Budget, u32)>,
    now: u64,
) -> Result<(), BudgetSpent> {
    for (budget, count) in counted {
        if count >= budget.limit {
            return Err(BudgetSpent {
                scope: budget.scope,
                retry_at: budget.window(now).end,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(scope: Scope, limit: u32) -> Budget {
        Budget {
            scope,
            key: b"key".to_vec(),
            window_s: 3_600,
            limit,
        }
    }

    #[test]
    fn windows_begin_at_multiples_of_their_length() {
        let hour = budget(Scope::NumberHour, 1);
        let (start, end) = (3_600, 7_200);
        assert_eq!(hour.window(3_600), Window { start, end });
        assert_eq!(hour.window(7_199), Window { start, end });
        assert_eq!(hour.window(7_200).start, 7_200);
    }

    #[test]
    fn the_first_budget_without_room_says_when_to_come_back() {
        let (narrow, wide) = (budget(Scope::NumberHour, 3), budget(Scope::Host, 5));
        assert_eq!(spend([(&narrow, 2), (&wide, 4)], 3_700), Ok(()));
        let spent = |scope| {
            Err(BudgetSpent {
                scope,
                retry_at: 7_200,
            })
        };
        let both = spend([(&narrow, 3), (&wide, 5)], 3_700);
        assert_eq!(both, spent(Scope::NumberHour));
        let second = spend([(&narrow, 2), (&wide, 5)], 3_700);
        assert_eq!(second, spent(Scope::Host));
        // A limit of nothing stops all.
        assert!(spend([(&budget(Scope::Total, 0), 0)], 0).is_err());
    }
}
