"""The rules of review meetings: draw, attendance, ballots, publicity, confirmation; pure."""
