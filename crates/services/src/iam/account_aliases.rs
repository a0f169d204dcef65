//! The alias of an account.

use directory::AccountAlias;
use door::Permit;

use super::change::write;
use super::fault::{alias_taken, no_such_alias, validation};
use super::needs;
use super::page::Window;
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

impl Handle for CreateAccountAlias {
    const READ_ONLY: bool = false;

    fn needs(_: &CreateAccountAliasRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>("*").into())
    }

    /// A new alias takes the place of the one before (IAM User Guide, "Create an account
    /// alias"). An account's own alias is taken like any other.
    async fn handle(
        input: CreateAccountAliasRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let alias: AccountAlias = input
            .account_alias
            .parse()
            .map_err(|_| validation("The specified value for accountAlias is invalid."))?;
        let account = at.account;
        write(at, move |tx| {
            if tx.snapshot().account_by_alias(&alias).is_some() {
                return Err(alias_taken(alias.as_str()));
            }
            tx.put_alias(account, alias);
            Ok(())
        })
        .await
    }
}

impl Handle for ListAccountAliases {
    const READ_ONLY: bool = true;

    fn needs(_: &ListAccountAliasesRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>("*").into())
    }

    async fn handle(
        input: ListAccountAliasesRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListAccountAliasesResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        at.view(|view| {
            let aliases = view.alias().map(AccountAlias::as_str);
            let page = window.page(aliases.map(|alias| (alias, alias.to_owned())));
            Ok(ListAccountAliasesResponse {
                is_truncated: page.is_truncated(),
                account_aliases: page.items,
                marker: page.marker,
            })
        })
    }
}

impl Handle for DeleteAccountAlias {
    const READ_ONLY: bool = false;

    fn needs(_: &DeleteAccountAliasRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>("*").into())
    }

    /// Another account's alias is, for this one, not there.
    async fn handle(
        input: DeleteAccountAliasRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let account = at.account;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let alias = input.account_alias.as_str();
            if view.alias().is_none_or(|own| own.as_str() != alias) {
                return Err(no_such_alias(alias));
            }
            tx.delete_alias(account);
            Ok(())
        })
        .await
    }
}
