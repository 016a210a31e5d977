"""Who is who: logins through the provincial platform, tokens, and what staff of a unit may do."""
