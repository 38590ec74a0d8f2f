"""Signing in and out."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Depends, Response, status
from fastapi.security import OAuth2PasswordRequestForm

from api.deps import OnceDep, ServicesDep, need
from api.domain.people import Principal
from api.schemas.accounts import OwnPassword
from api.schemas.auth import RefreshRequest, Token, User
from api.schemas.vocabulary import Right

router = APIRouter(prefix="/api/v1/auth", tags=["Authentification"])
NO_STORE = {"Cache-Control": "no-store"}


@router.post("/token", summary="Ouvrir une session")
async def token(
    services: ServicesDep, response: Response, form: Annotated[OAuth2PasswordRequestForm, Depends()]
) -> Token:
    """Identifiant et mot de passe contre un jeton de 10 minutes et une session de 8 heures, renouvelable."""
    response.headers.update(NO_STORE)
    return await anyio.to_thread.run_sync(
        services.authentication.login, form.username, form.password, limiter=services.sign_in_gate
    )


@router.post("/refresh", summary="Renouveler le jeton")
def refresh(services: ServicesDep, response: Response, body: RefreshRequest) -> Token:
    """Un nouveau jeton pour la même session, avec le rôle que le compte a maintenant."""
    response.headers.update(NO_STORE)
    return services.authentication.refresh(body.refresh_token)


@router.post("/logout", status_code=status.HTTP_204_NO_CONTENT, summary="Fermer la session")
def logout(services: ServicesDep, body: RefreshRequest) -> None:
    """La session ne peut plus être renouvelée ; la fermer deux fois ne change rien."""
    services.authentication.logout(body.refresh_token)


@router.get("/me", summary="Mon compte")
def me(
    services: ServicesDep, principal: Annotated[Principal, Depends(need(Right.OWN_ACCOUNT, fresh=True))]
) -> User:
    """Le compte de la personne connectée."""
    return services.authentication.user(principal)


@router.post("/password", summary="Changer mon mot de passe")
async def change_password(
    services: ServicesDep,
    once: OnceDep,
    response: Response,
    principal: Annotated[Principal, Depends(need(Right.OWN_ACCOUNT, fresh=True))],
    body: OwnPassword,
) -> Token:
    """Demande l’actuel ; toutes les sessions sont closes, et une nouvelle s’ouvre pour qui l’a changé."""
    response.headers.update(NO_STORE)
    passwords = body.current_password, body.new_password
    work = partial(services.own_account.change_password, principal, *passwords)
    ask = partial(once, body, Token, work, secret=True)
    return await anyio.to_thread.run_sync(ask, limiter=services.sign_in_gate)


@router.post(
    "/logout-everywhere", status_code=status.HTTP_204_NO_CONTENT, summary="Fermer toutes mes sessions"
)
def logout_everywhere(
    services: ServicesDep, principal: Annotated[Principal, Depends(need(Right.OWN_ACCOUNT, fresh=True))]
) -> None:
    """Sur tous les appareils, celui-ci compris."""
    services.own_account.sign_out_everywhere(principal)
