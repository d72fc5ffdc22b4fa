"""Tests of visits, expenses and attachments."""
