"""The first schema"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from api.storage.types import Json, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("key_sha256", sa.String(length=64), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("revoked_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_sha256", name=op.f("uq_api_keys_key_sha256")),
        sa.UniqueConstraint("name", name=op.f("uq_api_keys_name")),
    )
    op.create_table(
        "call_log",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("endpoint", sa.String(length=200), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=True),
        sa.Column("principal", sa.String(length=80), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("duration_ms", sa.Float(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("turbine_id", sa.String(length=64), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.Column("inputs", sa.LargeBinary(), nullable=True),
        sa.Column("outputs", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_call_log")),
    )
    with op.batch_alter_table("call_log", schema=None) as batch_op:
        batch_op.create_index("ix_call_log_at", ["at", "status", "duration_ms"], unique=False)

    op.create_table(
        "imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("report", Json, nullable=True),
        sa.Column("imported_by", sa.String(length=80), nullable=False),
        sa.Column("started_at", Utc(), nullable=False),
        sa.Column("finished_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.create_index("ix_imports_sha256", ["sha256"], unique=False)

    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("requested_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("leased_by", sa.String(length=120), nullable=True),
        sa.Column("leased_until", Utc(), nullable=True),
        sa.Column("finished_at", Utc(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("result", Json, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index("ix_jobs_status_id", ["status", "id"], unique=False)

    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=120), nullable=False),
        sa.Column("until", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "model_activations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("activated_at", Utc(), nullable=False),
        sa.Column("activated_by", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("admitted_by", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_activations")),
    )
    with op.batch_alter_table("model_activations", schema=None) as batch_op:
        batch_op.create_index("ix_model_activations_task_id", ["task", "id"], unique=False)

    op.create_table(
        "policies",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parameters", Json, nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policies")),
    )
    op.create_table(
        "turbines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("turbine_id", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("site", sa.String(length=120), nullable=True),
        sa.Column("farm", sa.String(length=120), nullable=True),
        sa.Column("rated_power_kw", sa.Float(), nullable=True),
        sa.Column("commissioned_on", sa.Date(), nullable=True),
        sa.Column("service_state", sa.String(length=32), server_default="en_service", nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=True),
        sa.Column("changed_by", sa.String(length=80), nullable=True),
        sa.Column("archived_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_turbines")),
    )
    with op.batch_alter_table("turbines", schema=None) as batch_op:
        batch_op.create_index(
            "uq_turbines_living",
            ["turbine_id"],
            unique=True,
            sqlite_where=sa.text("archived_at IS NULL"),
            postgresql_where=sa.text("archived_at IS NULL"),
        )

    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("display_name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("password_hash", sa.String(length=100), nullable=False),
        sa.Column("failed_attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("locked_until", Utc(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("token_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
    )
    op.create_table(
        "workers",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("started_at", Utc(), nullable=False),
        sa.Column("seen_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_workers")),
    )
    op.create_table(
        "intake_keys",
        sa.Column("principal", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("job", sa.Integer(), nullable=True),
        sa.Column("answer", Json, nullable=True),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], name=op.f("fk_intake_keys_job_jobs")),
        sa.PrimaryKeyConstraint("principal", "key", name=op.f("pk_intake_keys")),
    )
    with op.batch_alter_table("intake_keys", schema=None) as batch_op:
        batch_op.create_index("ix_intake_keys_created_at", ["created_at"], unique=False)

    op.create_table(
        "measurements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("turbine", sa.Integer(), nullable=False),
        sa.Column("measured_on", sa.Date(), nullable=False),
        sa.Column("measured_at", Utc(), nullable=True),
        sa.Column("values", Json, nullable=False),
        sa.Column("value_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_measurements_import_id_imports")
        ),
        sa.ForeignKeyConstraint(["turbine"], ["turbines.id"], name=op.f("fk_measurements_turbine_turbines")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measurements")),
        sa.UniqueConstraint("turbine", "identity", name=op.f("uq_measurements_turbine_identity")),
    )
    with op.batch_alter_table("measurements", schema=None) as batch_op:
        batch_op.create_index("ix_measurements_measured_on", ["measured_on"], unique=False)
        batch_op.create_index(
            "ix_measurements_turbine_measured_on", ["turbine", "measured_on", "value_count"], unique=False
        )

    op.create_table(
        "planned_visits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("turbine", sa.Integer(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("known_on", sa.Date(), nullable=False),
        sa.Column("technician", sa.String(length=64), nullable=True),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["turbine"], ["turbines.id"], name=op.f("fk_planned_visits_turbine_turbines")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_visits")),
        sa.UniqueConstraint(
            "turbine",
            "planned_on",
            "known_on",
            "technician",
            name=op.f("uq_planned_visits_turbine_planned_on_known_on_technician"),
        ),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("requested_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("started_at", Utc(), nullable=True),
        sa.Column("finished_at", Utc(), nullable=True),
        sa.Column("published_at", Utc(), nullable=True),
        sa.Column("archived_at", Utc(), nullable=True),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("stale", sa.Integer(), server_default="0", nullable=False),
        sa.Column("counts", Json, nullable=True),
        sa.Column("models", Json, nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.Column("threshold", sa.Float(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["policy_version"], ["policies.version"], name=op.f("fk_runs_policy_version_policies")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.create_index("ix_runs_as_of_published_at", ["as_of", "published_at"], unique=False)
        batch_op.create_index(
            "uq_runs_scheduled",
            ["as_of"],
            unique=True,
            sqlite_where=sa.text(
                "kind = 'planifie' AND status NOT IN ('echoue', 'interrompu') AND archived_at IS NULL"
            ),
            postgresql_where=sa.text(
                "kind = 'planifie' AND status NOT IN ('echoue', 'interrompu') AND archived_at IS NULL"
            ),
        )

    op.create_table(
        "sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("user", sa.Integer(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("expires_at", Utc(), nullable=False),
        sa.Column("revoked_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name=op.f("fk_sessions_user_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_sessions_token_sha256")),
    )
    op.create_table(
        "outcome_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("measurement", sa.Integer(), nullable=False),
        sa.Column("failure_within_7d", sa.Boolean(), nullable=True),
        sa.Column("time_to_failure_days", sa.Float(), nullable=True),
        sa.Column("recorded_at", Utc(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.Column("replaced_at", Utc(), nullable=False),
        sa.Column("replaced_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_outcome_versions_import_id_imports")
        ),
        sa.ForeignKeyConstraint(
            ["measurement"], ["measurements.id"], name=op.f("fk_outcome_versions_measurement_measurements")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome_versions")),
    )
    with op.batch_alter_table("outcome_versions", schema=None) as batch_op:
        batch_op.create_index("ix_outcome_versions_measurement", ["measurement", "id"], unique=False)

    op.create_table(
        "outcomes",
        sa.Column("measurement", sa.Integer(), nullable=False),
        sa.Column("failure_within_7d", sa.Boolean(), nullable=True),
        sa.Column("time_to_failure_days", sa.Float(), nullable=True),
        sa.Column("recorded_at", Utc(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_outcomes_import_id_imports")),
        sa.ForeignKeyConstraint(
            ["measurement"], ["measurements.id"], name=op.f("fk_outcomes_measurement_measurements")
        ),
        sa.PrimaryKeyConstraint("measurement", name=op.f("pk_outcomes")),
    )
    op.create_table(
        "publication",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_publication_single_row")),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_publication_run_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
    )
    op.create_table(
        "scores",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("turbine", sa.Integer(), nullable=False),
        sa.Column("measurement", sa.Integer(), nullable=True),
        sa.Column("measured_on", sa.Date(), nullable=True),
        sa.Column("probability", sa.Float(), nullable=True),
        sa.Column("days_left", sa.Float(), nullable=True),
        sa.Column("days_low", sa.Float(), nullable=True),
        sa.Column("days_high", sa.Float(), nullable=True),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("risk_score", sa.Float(), nullable=False),
        sa.Column("data_status", sa.String(length=16), nullable=False),
        sa.Column("main_driver", Json, nullable=True),
        sa.Column("planned_visit_on", sa.Date(), nullable=True),
        sa.Column("warnings", Json, nullable=True),
        sa.ForeignKeyConstraint(
            ["measurement"], ["measurements.id"], name=op.f("fk_scores_measurement_measurements")
        ),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_scores_run_runs")),
        sa.ForeignKeyConstraint(["turbine"], ["turbines.id"], name=op.f("fk_scores_turbine_turbines")),
        sa.PrimaryKeyConstraint("run", "rank", name=op.f("pk_scores")),
        sa.UniqueConstraint("run", "turbine", name=op.f("uq_scores_run_turbine")),
    )
    with op.batch_alter_table("scores", schema=None) as batch_op:
        batch_op.create_index("ix_scores_run_level_rank", ["run", "level", "rank"], unique=False)
        batch_op.create_index("ix_scores_turbine_run", ["turbine", "run"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("scores", schema=None) as batch_op:
        batch_op.drop_index("ix_scores_turbine_run")
        batch_op.drop_index("ix_scores_run_level_rank")

    op.drop_table("scores")
    op.drop_table("publication")
    op.drop_table("outcomes")
    with op.batch_alter_table("outcome_versions", schema=None) as batch_op:
        batch_op.drop_index("ix_outcome_versions_measurement")

    op.drop_table("outcome_versions")
    op.drop_table("sessions")
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_runs_scheduled",
            sqlite_where=sa.text(
                "kind = 'planifie' AND status NOT IN ('echoue', 'interrompu') AND archived_at IS NULL"
            ),
            postgresql_where=sa.text(
                "kind = 'planifie' AND status NOT IN ('echoue', 'interrompu') AND archived_at IS NULL"
            ),
        )
        batch_op.drop_index("ix_runs_as_of_published_at")

    op.drop_table("runs")
    op.drop_table("planned_visits")
    with op.batch_alter_table("measurements", schema=None) as batch_op:
        batch_op.drop_index("ix_measurements_turbine_measured_on")
        batch_op.drop_index("ix_measurements_measured_on")

    op.drop_table("measurements")
    with op.batch_alter_table("intake_keys", schema=None) as batch_op:
        batch_op.drop_index("ix_intake_keys_created_at")

    op.drop_table("intake_keys")
    op.drop_table("workers")
    op.drop_table("users")
    with op.batch_alter_table("turbines", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_turbines_living",
            sqlite_where=sa.text("archived_at IS NULL"),
            postgresql_where=sa.text("archived_at IS NULL"),
        )

    op.drop_table("turbines")
    op.drop_table("policies")
    with op.batch_alter_table("model_activations", schema=None) as batch_op:
        batch_op.drop_index("ix_model_activations_task_id")

    op.drop_table("model_activations")
    op.drop_table("leases")
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index("ix_jobs_status_id")

    op.drop_table("jobs")
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.drop_index("ix_imports_sha256")

    op.drop_table("imports")
    with op.batch_alter_table("call_log", schema=None) as batch_op:
        batch_op.drop_index("ix_call_log_at")

    op.drop_table("call_log")
    op.drop_table("api_keys")
