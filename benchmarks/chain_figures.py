"""What the simulation of many locations reckons with; `chain_docs` says where each is from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figures:
    """The limits that the program keeps, measured costs, and assumptions.

    A command is one statement, as MongoDB counts them: a bulk write of three has three.
    """

    # Kept by `mongo/bookkeeping/budget.py` and `usecases/company_run.py`.
    per_second: int = 4
    per_minute: int = 195
    spacing_slack: float = 1.01
    shared_spacing_slack: float = 1.2
    cold_slack: float = 1.15
    minute_s: float = 60.25
    rest_s: float = 5.0
    companies_at_once: int = 16
    # Measured: the costs of a location on a night of 1,000 locations at the limits.
    launch_cpu_s: float = 12.0
    begin_s: float = 0.1
    end_s: float = 0.1
    cpu_of_request_s: float = 0.005
    cpu_of_location_s: float = 0.006
    commands_before: int = 3
    commands_of_request: int = 1
    commands_after: int = 6
    mongo_of_command_s: float = 0.0007
    staff_share: float = 0.07
    appointment_bytes: int = 140
    appointment_index_bytes: int = 66
    ledger_bytes: int = 92
    ledger_index_bytes: int = 72
    # Assumed.
    latency_s: float = 0.3
    latency_spread: float = 0.2
    refused_share: float = 0.0001
    mongo_round_trip_s: float = 0.001
    mongo_cores: int = 8
    mongo_cache_bytes: float = 31.5e9
    locations_a_run: int = 1_000
    addresses_a_machine: int = 8
    cores_a_machine: int = 2
    poll_every_s: float = 900.0
    poll_beside_notices_every_s: float = 3_600.0
    lessons_a_day: int = 20
    notices_a_day: int = 60
    notices_at_peak: float = 2.5
    delivery_s: float = 2.0
    notices_at_once: int = 16

    @property
    def commands_a_location(self) -> int:
        return self.commands_before + self.commands_of_request + self.commands_after

    @property
    def cpu_a_location_s(self) -> float:
        return self.cpu_of_request_s + self.cpu_of_location_s


FIGURES = Figures()
