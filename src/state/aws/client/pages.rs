//! Lists that come in pages: to the end, once around, and never in a circle.

use std::collections::HashSet;
use std::future::Future;

use super::failure::Failure;

/// Asks for page after page until there is no token for a next one.
///
/// `ask` gets the token of the page to ask for; `take` takes a page in and tells the token of the next. A page
/// may be empty and still not the last. When a token has expired the list is begun anew, once, so `take` may
/// meet things twice.
pub async fn all<P, A>(
    mut ask: impl FnMut(Option<String>) -> A,
    mut take: impl FnMut(P) -> Option<String>,
) -> Result<(), Failure>
where
    A: Future<Output = Result<P, Failure>>,
{
    let mut token = None;
    let mut seen = HashSet::new();
    let mut may_restart = true;
    loop {
        match ask(token.clone()).await {
            Ok(page) => match take(page).filter(|next| !next.is_empty()) {
                Some(next) if !seen.insert(next.clone()) => return Err(Failure::Loop),
                Some(next) => token = Some(next),
                None => return Ok(()),
            },
            Err(Failure::TokenExpired) if may_restart && token.is_some() => {
                may_restart = false;
                token = None;
                seen.clear();
            }
            Err(failure) => return Err(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Page = (u8, Option<&'static str>);

    fn run(mut answers: Vec<Result<Page, Failure>>) -> (Result<(), Failure>, Vec<u8>, Vec<Option<String>>) {
        answers.reverse();
        let (mut taken, mut asked) = (Vec::new(), Vec::new());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let result = runtime.block_on(all(
            |token| {
                asked.push(token);
                std::future::ready(answers.pop().unwrap())
            },
            |(item, next): Page| {
                taken.push(item);
                next.map(str::to_owned)
            },
        ));
        (result, taken, asked)
    }

    #[test]
    fn the_end_is_where_no_token_or_an_empty_one_is() {
        let (result, taken, asked) = run(vec![Ok((1, Some("a"))), Ok((2, Some("")))]);
        assert_eq!((result, taken), (Ok(()), vec![1, 2]));
        assert_eq!(asked, [None, Some("a".to_owned())]);
    }

    #[test]
    fn a_token_that_comes_again_ends_the_list() {
        let (result, ..) = run(vec![Ok((1, Some("a"))), Ok((2, Some("b"))), Ok((3, Some("a")))]);
        assert_eq!(result, Err(Failure::Loop));
    }

    #[test]
    fn an_expired_token_begins_the_list_anew_once() {
        let expired = || Err(Failure::TokenExpired);
        let (result, taken, asked) =
            run(vec![Ok((1, Some("a"))), expired(), Ok((1, Some("a"))), Ok((2, None))]);
        assert_eq!((result, taken), (Ok(()), vec![1, 1, 2]));
        assert_eq!(asked, [None, Some("a".to_owned()), None, Some("a".to_owned())]);
        let (result, ..) = run(vec![Ok((1, Some("a"))), expired(), Ok((1, Some("a"))), expired()]);
        assert_eq!(result, Err(Failure::TokenExpired));
        let (result, ..) = run(vec![expired()]);
        assert_eq!(result, Err(Failure::TokenExpired));
    }
}
