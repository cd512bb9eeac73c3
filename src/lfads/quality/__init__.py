"""What trials of counts look like before training: measures, and what they give reason to say."""
