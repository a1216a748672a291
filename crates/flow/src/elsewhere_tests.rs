//! A number of another country, and a set-up that goes on on a phone.

use nidan_protocol::ErrorCode;

use super::phone_tests::{begun, opening, regions, typed};
use super::tests::{answered, at, go, phone};
use super::*;

const NOW: Now = Now(1_800_000_000);
const PAGE: &str = "https://shop.example/2sv";

fn enrolment(flow: &Flow) -> &Enrolment {
    flow.active().expect("a set-up that goes on")
}

/// A host that takes its people to be in the United States, and a browser in Japan.
fn abroad(home: Option<&str>) -> Flow {
    let opening = Opening {
        countries: ["US", "JP", "IT"].map(str::to_owned).to_vec(),
        home: home.map(str::to_owned),
        ..opening()
    };
    at(begun(opening), [regions()]).0
}

#[test]
fn a_number_of_the_country_where_the_browser_is_is_offered_as_one() {
    let (flow, _) = at(abroad(Some("JP")), [typed("090-1234-5678")]);
    assert_eq!(enrolment(&flow).phone.other.as_deref(), Some("JP"));
    let (flow, _) = at(flow, [phone(PhoneWish::OtherCountry)]);
    let entry = &enrolment(&flow).phone;
    assert_eq!((entry.country.as_str(), &entry.other), ("JP", &None));
    assert_eq!(entry.shown.as_deref(), Some("+81 90-1234-5678"));
    assert_eq!(entry.typed, "090-1234-5678", "what was typed stays");
}

#[test]
fn the_host_s_own_country_is_offered_to_who_chose_another() {
    let chosen = enter_country("IT");
    let (flow, _) = at(abroad(None), [chosen, typed("415-555-2671-")]);
    // Ten digits are a number of Italy too, so nothing is offered.
    assert_eq!(enrolment(&flow).phone.other, None);
    let (flow, _) = at(
        abroad(None),
        [enter_country("JP"), typed("1 (415) 555-2671")],
    );
    assert_eq!(enrolment(&flow).phone.other.as_deref(), Some("US"));
}

#[test]
fn what_fits_the_chosen_country_or_none_is_not_taken_for_another_s() {
    for text in [
        "(415) 555-2671",
        "+81 90-1234-5678",
        "090",
        "",
        "x",
        "0900000000000000",
    ] {
        let (flow, _) = at(abroad(Some("JP")), [typed(text)]);
        assert_eq!(enrolment(&flow).phone.other, None, "{text}");
        let (flow, _) = at(flow, [phone(PhoneWish::OtherCountry)]);
        assert_eq!(enrolment(&flow).phone.country, "US", "{text}");
    }
}

fn enter_country(iso: &str) -> Event<Enrolment> {
    Event::On(SetUpEvent::Enter(SetUpInput::Country(iso.to_owned())))
}

fn beginning(phone_url: Option<&str>) -> Flow {
    let opening = Opening {
        phone_url: phone_url.map(str::to_owned),
        ..opening()
    };
    let draft = PendingSecret::new(super::tests::agreement(9), &opening);
    let (flow, _) = Flow::Loading.on(Event::Opened(Box::new((opening, draft))), NOW);
    flow
}

fn looked(error: Option<RequestError>) -> Event<Enrolment> {
    answered(SetUpAnswer::Looked(error))
}

fn refused(code: ErrorCode) -> Event<Enrolment> {
    looked(Some(RequestError::Refused(code)))
}

fn to_phone() -> Flow {
    at(beginning(Some(PAGE)), [go(SetUpNav::ToPhone)]).0
}

#[test]
fn while_the_code_for_the_phone_is_shown_it_is_looked_whether_the_set_up_went_on() {
    let flow = to_phone();
    let (due, event) = flow.retry().expect("it looks");
    assert_eq!(due, Now(NOW.0 + 1));
    let (flow, effect) = flow.on(event, due);
    assert!(matches!(effect, Some(Effect::Do(SetUpEffect::Look))));
    assert!(flow.retry().is_none(), "one question at a time");
    let (flow, effect) = at(flow, [Event::On(SetUpEvent::Look)]);
    assert!(effect.is_none(), "and no second one");
    let (flow, _) = at(flow, [looked(None)]);
    assert_eq!(flow.retry().expect("it looks again").0, Now(NOW.0 + 3));
    // A service that is down is asked less often.
    let (flow, _) = at(
        flow,
        [
            Event::On(SetUpEvent::Look),
            looked(Some(RequestError::Unreachable)),
        ],
    );
    assert_eq!(flow.retry().expect("later").0, Now(NOW.0 + 15));
    let (flow, _) = at(flow, [refused(ErrorCode::FlowConflict)]);
    assert!(matches!(flow, Flow::Ended(EndReason::OnPhone)), "{flow:?}");
    let (_, effect) = at(flow, [Event::Again]);
    assert!(matches!(effect, Some(Effect::Restart)));
}

/// Whoever looks on does nothing: the set-up ends when nobody has used it for ten minutes.
#[test]
fn looking_keeps_nothing_alive() {
    let mut flow = to_phone();
    for second in (3..600).step_by(3) {
        let Some((_, event)) = flow.retry() else {
            panic!("it looks on")
        };
        assert!(matches!(event, Event::On(SetUpEvent::Look)));
        let now = Now(NOW.0 + second);
        flow = flow.on(event, now).0.on(looked(None), now).0;
    }
    let (flow, _) = flow.on(Event::TimeUp, Now(NOW.0 + 600));
    assert!(matches!(flow, Flow::Ended(EndReason::Expired)), "{flow:?}");
}

#[test]
fn other_ends_stay_what_they_are() {
    let (flow, _) = at(to_phone(), [refused(ErrorCode::FlowExpired)]);
    assert!(matches!(flow, Flow::Ended(EndReason::Expired)), "{flow:?}");
    // Gone back: what was asked before is no news here.
    let (flow, _) = at(
        to_phone(),
        [go(SetUpNav::Back), refused(ErrorCode::FlowConflict)],
    );
    assert!(matches!(enrolment(&flow).step, Step::Start));
}

#[test]
fn where_no_phone_could_go_on_nothing_leads_there() {
    let (flow, _) = at(beginning(None), [go(SetUpNav::ToPhone)]);
    assert!(matches!(enrolment(&flow).step, Step::Start));
    let (flow, _) = at(
        beginning(Some(PAGE)),
        [go(SetUpNav::Next), go(SetUpNav::ToPhone)],
    );
    assert!(matches!(enrolment(&flow).step, Step::Method));
}
