"""Accounts of people and keys of machines, for administrators only."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Depends, Path, Response, status

from api.deps import STALE, CoreDep, NamingDep, OnceDep, ServicesDep, need
from api.domain.people import Principal
from api.routes.auth import NO_STORE
from api.schemas.accounts import (
    Account,
    AccountChange,
    AccountRequest,
    AccountSecret,
    ApiKey,
    KeyRequest,
    NewKey,
    PasswordReset,
)
from api.schemas.common import Items
from api.schemas.vocabulary import Right

Administrator = Annotated[Principal, Depends(need(Right.ACCOUNTS, fresh=True))]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
router = APIRouter(prefix="/api/v1", tags=["Comptes et clés"])


@router.get("/accounts", summary="Comptes")
def accounts(core: CoreDep, _principal: Administrator) -> Items[Account]:
    """Tous les comptes, désactivés compris, par identifiant."""
    return Items(items=core.accounts.all())


@router.post("/accounts", status_code=status.HTTP_201_CREATED, summary="Créer un compte")
async def create(
    services: ServicesDep, once: OnceDep, principal: Administrator, response: Response, body: AccountRequest
) -> AccountSecret:
    """Sans mot de passe, il en est tiré un au hasard, affiché cette seule fois."""
    response.headers.update(NO_STORE)
    names = body.username, body.display_name, body.role
    work = partial(services.core.accounts.create, *names, body.password, principal.name)
    ask = partial(once, body, AccountSecret, work, secret=True)
    return await anyio.to_thread.run_sync(ask, limiter=services.sign_in_gate)


@router.patch("/accounts/{number}", summary="Modifier un compte", responses=STALE)
def change(
    core: CoreDep, once: OnceDep, principal: Administrator, number: Number, body: AccountChange
) -> Account:
    """Nom affiché, rôle, activation. Le dernier administrateur actif ne peut être ni rétrogradé ni
    désactivé ; personne ne désactive son propre compte."""
    work = partial(core.accounts.change, number, by=principal.name, **body.model_dump())
    return once(body, Account, work)


@router.post("/accounts/{number}/password", summary="Réinitialiser un mot de passe")
async def reset_password(
    services: ServicesDep,
    once: OnceDep,
    principal: Administrator,
    response: Response,
    number: Number,
    body: PasswordReset,
) -> AccountSecret:
    """Débloque le compte et clôt ses sessions ; un mot de passe tiré au hasard n’est affiché qu’ici."""
    response.headers.update(NO_STORE)
    work = partial(services.core.accounts.reset_password, number, body.password, principal.name)
    ask = partial(once, body, AccountSecret, work, secret=True)
    return await anyio.to_thread.run_sync(ask, limiter=services.sign_in_gate)


@router.delete(
    "/accounts/{number}/sessions", status_code=status.HTTP_204_NO_CONTENT, summary="Clore les sessions"
)
def end_sessions(core: CoreDep, principal: Administrator, number: Number) -> None:
    """La personne devra se reconnecter partout."""
    core.accounts.end_sessions(number, principal.name)


@router.get("/keys", summary="Clés d’API")
def keys(core: CoreDep, named: NamingDep, _principal: Administrator) -> Items[ApiKey]:
    """Toutes les clés, révoquées comprises : portées, auteur, dernier usage ; jamais la clé elle-même."""
    return named(Items(items=core.keys.all()))


@router.post("/keys", status_code=status.HTTP_201_CREATED, summary="Créer une clé")
def create_key(
    core: CoreDep, once: OnceDep, principal: Administrator, response: Response, body: KeyRequest
) -> NewKey:
    """La clé est affichée cette seule fois : seule son empreinte est gardée."""
    response.headers.update(NO_STORE)
    work = partial(core.keys.create, body.name, body.scopes, principal.name)
    return once(body, NewKey, work, secret=True)


@router.delete("/keys/{number}", summary="Révoquer une clé")
def revoke_key(
    core: CoreDep, named: NamingDep, once: OnceDep, principal: Administrator, number: Number
) -> ApiKey:
    """Elle est refusée partout en quelques secondes, définitivement."""
    return named(once("", ApiKey, partial(core.keys.revoke, number, principal.name)))
