"""The one door through which anything leaves: label, recipient, ground, tenancy, receipt."""
