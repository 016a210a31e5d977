"""The form data of an applicant, module by module."""
