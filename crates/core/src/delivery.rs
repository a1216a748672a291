//! Messages on their way: who may say what became of them.

use nidan_protocol::DeliveryState;

/// The outcome of handing a message to a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// A gateway has it.
    Accepted {
        /// The gateway's id.
        gateway: String,
        /// The gateway's own id for the message.
        reference: Option<String>,
    },
    /// A gateway may have it: nobody else gets it.
    Unclear {
        /// The gateway's id.
        gateway: String,
    },
    /// It is tried again later.
    Again {
        /// When, in milliseconds since the Unix epoch.
        due_at_ms: u64,
        /// The number of gateways that have refused it; a higher one moves on to another gateway.
        refused: u32,
        /// Whether a try may have sent it.
        doubt: bool,
    },
    /// Nobody will send it.
    Failed,
}

impl DeliveryOutcome {
    /// The state of the message afterwards.
    pub const fn state(&self) -> DeliveryState {
        match self {
            Self::Accepted { .. } => DeliveryState::Accepted,
            Self::Unclear { .. } => DeliveryState::Unknown,
            Self::Again { .. } => DeliveryState::Queued,
            Self::Failed => DeliveryState::Failed,
        }
    }
}

/// Whether the outcome of handing a message over still counts: of two workers who had it in turn,
/// the first who comes back is right.
pub const fn is_settled_by_outcome(state: DeliveryState) -> bool {
    match state {
        DeliveryState::Queued => true,
        DeliveryState::Accepted
        | DeliveryState::Unknown
        | DeliveryState::Delivered
        | DeliveryState::Failed
        | DeliveryState::WrongDigits => false,
    }
}

/// Whether a gateway's report moves a message on that the gateway has. A report is final, and only
/// says how it ended; but that a call asked for digits in vain comes after it was answered, and
/// only of one that asks for any.
pub const fn is_moved_by_report(
    state: DeliveryState,
    reported: DeliveryState,
    asks_digits: bool,
) -> bool {
    let (waits, was_answered) = match state {
        DeliveryState::Accepted | DeliveryState::Unknown => (true, false),
        DeliveryState::Delivered => (false, true),
        DeliveryState::Queued | DeliveryState::Failed | DeliveryState::WrongDigits => {
            (false, false)
        }
    };
    match reported {
        DeliveryState::Delivered | DeliveryState::Failed => waits,
        DeliveryState::WrongDigits => asks_digits && (waits || was_answered),
        DeliveryState::Queued | DeliveryState::Accepted | DeliveryState::Unknown => false,
    }
}

/// Whether a message is dropped when the same code is ordered once more: one that no gateway has
/// taken yet would come beside the new one.
pub const fn is_dropped_by_resend(state: DeliveryState) -> bool {
    is_settled_by_outcome(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [DeliveryState; 6] = [
        DeliveryState::Queued,
        DeliveryState::Accepted,
        DeliveryState::Unknown,
        DeliveryState::Delivered,
        DeliveryState::Failed,
        DeliveryState::WrongDigits,
    ];

    #[test]
    fn a_report_moves_on_what_a_gateway_has_and_nothing_else() {
        let moves = |asks_digits| {
            ALL.into_iter()
                .flat_map(|state| ALL.map(|reported| (state, reported)))
                .filter(|(state, reported)| is_moved_by_report(*state, *reported, asks_digits))
                .collect::<Vec<_>>()
        };
        let in_vain = |(_, reported): &(_, _)| *reported == DeliveryState::WrongDigits;
        assert!(!moves(false).iter().any(in_vain), "a text asks for none");
        assert_eq!(
            moves(true),
            [
                (DeliveryState::Accepted, DeliveryState::Delivered),
                (DeliveryState::Accepted, DeliveryState::Failed),
                (DeliveryState::Accepted, DeliveryState::WrongDigits),
                (DeliveryState::Unknown, DeliveryState::Delivered),
                (DeliveryState::Unknown, DeliveryState::Failed),
                (DeliveryState::Unknown, DeliveryState::WrongDigits),
                (DeliveryState::Delivered, DeliveryState::WrongDigits),
            ]
        );
    }

    #[test]
    fn an_outcome_counts_for_a_queued_message_alone() {
        let counts = ALL.map(is_settled_by_outcome);
        assert_eq!(counts, [true, false, false, false, false, false]);
        assert_eq!(ALL.map(is_dropped_by_resend), counts);
    }
}
